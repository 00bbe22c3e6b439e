#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/unary_f32/lanes.h"

namespace edgec {

void unary_f32_avx512vnni(UnaryKind kind, size_t n, const float* x, float alpha, float beta,
                          float* out) {
  UnaryF32Lanes(kind, n, x, alpha, beta, out);
}

}  // namespace edgec
