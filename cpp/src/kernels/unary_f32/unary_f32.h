// out[i] = f(x[i]) for the functions that networks use. NaN gives NaN.
//
// Relative error below 3e-7 against the real function (gelu, tanh form and erf form: of x). The
// portable kernel and the others are the same operations (simd/math.h), so their results are the
// same bits, but for denormals on ARMv7. The caller's duties: out is x or does not overlap it.
// Any n, any alignment.
#ifndef EDGEC_KERNELS_UNARY_F32_UNARY_F32_H_
#define EDGEC_KERNELS_UNARY_F32_UNARY_F32_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

// Numbers as in edgec/format/spec.md, unary_f32.
enum class UnaryKind : int32_t {
  kRelu,
  kSigmoid,
  kTanh,
  kGelu,         // x/2 (1 + erf(x/√2))
  kGeluTanh,     // x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))
  kHardSwish,    // x · clamp(x/6 + ½, 0, 1)
  kHardSigmoid,  // clamp(alpha · x + beta, 0, 1)
  kSilu,
  kClip,  // to [alpha, beta]
  kExp,
  kLog,
  kSqrt,
  kRsqrt,
  kNeg,
  kAbs,
  kErf,
  kLeakyRelu,  // alpha · x below 0
  kElu,        // alpha · (exp(x) − 1) below 0
  kReciprocal,
  kSoftplus,  // log(1 + exp(x))
  kCount,
};

using UnaryF32Kernel = void(UnaryKind kind, size_t n, const float* x, float alpha, float beta,
                            float* out);

}  // namespace edgec
#endif  // EDGEC_KERNELS_UNARY_F32_UNARY_F32_H_
