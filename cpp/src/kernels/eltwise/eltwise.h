// Sum, product and other functions of two rows, or of a row and a scalar. Broadcasting of more dims
// is the op's business (ops/broadcast.h).
//
//     add_s8:      out = clamp(((bias + a · mult_a + b · mult_b) >> shift) + zero_point, qmin,
//     qmax) mul_s8:      out = rne(clamp(f32((a − zero_a)(b − zero_b)) · mult)) + zero_point
//     binary_f32:  out = clamp(a op b, low, high); NaN stays NaN
//
// The caller's duties: the sum of add_s8 fits int32 for every a and b, 0 <= shift <= 31, zero
// points lie in [−128, 127]; out is a, or b, or overlaps neither (a scalar is read before the first
// store). Any n, any alignment. pow has only the portable kernel.
#ifndef EDGEC_KERNELS_ELTWISE_ELTWISE_H_
#define EDGEC_KERNELS_ELTWISE_ELTWISE_H_

#include <cstddef>
#include <cstdint>

#include "kernels/simd/s8_range.h"

namespace edgec {

// Which operand is one element for the whole row.
enum class Operands { kRows, kScalarA, kScalarB };

struct AddS8Params {
  int32_t bias, mult_a, mult_b, shift, zero_point, qmin, qmax;
};

struct MulS8Params {
  int32_t zero_a, zero_b;
  float mult;
  S8Range range;
};

enum class BinaryKind { kAdd, kSub, kMul, kDiv, kMinimum, kMaximum, kPow, kCount };

struct BinaryF32Params {
  BinaryKind kind;
  float low, high;
};

using AddS8Kernel = void(Operands operands, size_t n, const int8_t* a, const int8_t* b,
                         const AddS8Params& params, int8_t* out);
using MulS8Kernel = void(Operands operands, size_t n, const int8_t* a, const int8_t* b,
                         const MulS8Params& params, int8_t* out);
using BinaryF32Kernel = void(Operands operands, size_t n, const float* a, const float* b,
                             const BinaryF32Params& params, float* out);

}  // namespace edgec
#endif  // EDGEC_KERNELS_ELTWISE_ELTWISE_H_
