// exp, expm1, log, log1p, erf, tanh, sigmoid over sixteen lanes, from single IEEE-754
// operations only.
//
// Polynomials are weighted minimax fits over the interval given with each (Lawson's iteration on
// 4001 Chebyshev points, coefficients then rounded to float32). Relative errors stay below 3e-7,
// measured over all magnitudes by tests/cpp/unary_f32_test.cc. Include after one of avx2.h,
// avx512.h, neon.h, portable.h.
#ifndef EDGEC_KERNELS_SIMD_MATH_H_
#define EDGEC_KERNELS_SIMD_MATH_H_

namespace edgec {
namespace {

// c[0] + c[1] x + c[2] x² + ... by Horner's rule.
template <size_t kCount>
inline F32 Polynomial(F32 x, const float (&c)[kCount]) {
  F32 sum = Fill(c[kCount - 1]);
  for (size_t i = kCount - 1; i-- > 0;) sum = sum * x + Fill(c[i]);
  return sum;
}

constexpr float kLog2E = 1.44269504f;
// ln 2 in two parts; the first has so few bits that its product with an exponent is exact.
constexpr float kLn2High = 0.693359375f;
constexpr float kLn2Low = -2.12194440e-4f;
constexpr float kInfinity = __builtin_inff();
constexpr float kNan = __builtin_nanf("");

inline F32 PowerOf2(S32 n) { return FromBits((n + Fill(127)) << 23); }  // n in −126 .. 127

// x = n ln 2 + r with |r| <= ln 2 / 2; *tail = exp(r) − 1.
inline S32 ReduceExp(F32 x, F32* tail) {
  static constexpr float kQ[] = {0.5f, 0.16666512f, 0.041666187f, 0.008369599f, 0.0013951717f};
  const S32 n = Round(x * Fill(kLog2E));
  const F32 count = ToF32(n);
  const F32 r = (x - count * Fill(kLn2High)) - count * Fill(kLn2Low);
  *tail = (Polynomial(r, kQ) * r) * r + r;
  return n;
}

inline F32 Exp(F32 x) {
  F32 tail;
  const S32 n = ReduceExp(Clamp(x, Fill(-104.0f), Fill(89.0f)), &tail);
  const S32 half = n >> 1;  // 2^n itself may be too large or too small for a float
  return ((tail + Fill(1.0f)) * PowerOf2(half)) * PowerOf2(n - half);
}

// exp(x) − 1 for x <= 0.
inline F32 ExpMinus1(F32 x) {
  F32 tail;
  const S32 n = ReduceExp(Max(Fill(-30.0f), x), &tail);
  const F32 scale = PowerOf2(n);
  return tail * scale + (scale - Fill(1.0f));
}

// Natural logarithm: x = 2^e m with m in [√½, √2).
inline F32 Log(F32 x) {
  static constexpr float kR[] = {0.3333333f,  -0.25000823f, 0.20001227f, -0.16623357f,
                                 0.14201762f, -0.13160194f, 0.1276155f,  -0.0763443f};
  const Mask tiny = x < Fill(1.17549435e-38f);  // denormal, zero or negative
  const F32 scaled = Select(tiny, x * Fill(8388608.0f), x);
  const S32 bits = Bits(scaled);
  const S32 e = (bits - Fill(0x3F3504F3)) >> 23;
  const F32 f = FromBits(bits - (e << 23)) - Fill(1.0f);
  const F32 exponent = ToF32(e) - Select(tiny, Fill(23.0f), Fill(0.0f));
  const F32 square = f * f;
  F32 y = (Polynomial(f, kR) * f) * square + exponent * Fill(kLn2Low);
  y = (f + (y - Fill(0.5f) * square)) + exponent * Fill(kLn2High);
  y = Select(x < Fill(kInfinity), y, x);  // infinity and NaN
  y = Select(Fill(0.0f) < x, y, Select(x < Fill(0.0f), Fill(kNan), Fill(-kInfinity)));
  return Select(IsNan(x), x, y);
}

// log(1 + x) for x in [0, 1]: the second term gives back what 1 + x lost.
inline F32 Log1Plus(F32 x) {
  const F32 sum = x + Fill(1.0f);
  return Log(sum) + (x - (sum - Fill(1.0f))) / sum;
}

inline F32 Sigmoid(F32 x) {
  const F32 e = Exp(-Abs(x));
  return Select(x < Fill(0.0f), e, Fill(1.0f)) / (e + Fill(1.0f));
}

inline F32 Tanh(F32 x) {
  static constexpr float kT[] = {-0.333333f, 0.13331959f, -0.05378668f, 0.020805378f,
                                 -0.0059058606f};
  const F32 size = Abs(x);
  const F32 square = x * x;
  const F32 small = (Polynomial(square, kT) * square) * x + x;  // |x| < 0.6
  const F32 large = Fill(1.0f) - Fill(2.0f) / (Exp(size + size) + Fill(1.0f));
  return Select(size < Fill(0.6f), small, Select(x < Fill(0.0f), -large, large));
}

inline F32 Erf(F32 x) {
  // erf(x) / x in x², for |x| < 1; ln erfc(x) in |x| − 2.5, for |x| in [1, 4]. erf(4) rounds to 1.
  static constexpr float kE[] = {1.1283791f,    -0.37612626f,    0.112835854f, -0.026853811f,
                                 0.0051883277f, -0.00080101925f, 7.853858e-05f};
  static constexpr float kG[] = {-7.806818f,    -5.352694f,      -0.9438854f,  -0.010717753f,
                                 0.0024578008f, -0.00015599234f, 0.0001855749f};
  const F32 size = Abs(x);
  const F32 small = Polynomial(x * x, kE) * x;
  const F32 large = Fill(1.0f) - Exp(Polynomial(Min(Fill(4.0f), size) - Fill(2.5f), kG));
  return Select(size < Fill(1.0f), small, Select(x < Fill(0.0f), -large, large));
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SIMD_MATH_H_
