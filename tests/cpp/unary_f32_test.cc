#include <limits>

#include "kernels/unary_f32/unary_f32_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;
using edgec::UnaryKind;

constexpr float kAlpha = 0.3f, kBeta = 0.6f;
constexpr float kInf = std::numeric_limits<float>::infinity();

// The functions in double precision.
double Reference(UnaryKind kind, double x) {
  switch (kind) {
    case UnaryKind::kRelu:
      return x < 0 ? 0 : x;
    case UnaryKind::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case UnaryKind::kTanh:
      return std::tanh(x);
    case UnaryKind::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case UnaryKind::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case UnaryKind::kHardSwish:
      return x * std::min(std::max(x / 6 + 0.5, 0.0), 1.0);
    case UnaryKind::kHardSigmoid:
      return std::min(std::max(kAlpha * x + kBeta, 0.0), 1.0);
    case UnaryKind::kSilu:
      return x / (1 + std::exp(-x));
    case UnaryKind::kClip:
      return std::min<double>(std::max<double>(x, kAlpha), kBeta);
    case UnaryKind::kExp:
      return std::exp(x);
    case UnaryKind::kLog:
      return std::log(x);
    case UnaryKind::kSqrt:
      return std::sqrt(x);
    case UnaryKind::kRsqrt:
      return 1 / std::sqrt(x);
    case UnaryKind::kNeg:
      return -x;
    case UnaryKind::kAbs:
      return std::fabs(x);
    case UnaryKind::kErf:
      return std::erf(x);
    case UnaryKind::kLeakyRelu:
      return x < 0 ? kAlpha * x : x;
    case UnaryKind::kElu:
      return x < 0 ? kAlpha * std::expm1(x) : x;
    case UnaryKind::kReciprocal:
      return 1 / x;
    case UnaryKind::kSoftplus:
      return x > 40 ? x : std::log1p(std::exp(x));
    case UnaryKind::kCount:
      break;
  }
  return 0;
}

// Functions that take a small difference of their own parts are exact relative to x only.
double AbsoluteOf(UnaryKind kind, double x) {
  const bool difference =
      kind == UnaryKind::kGelu || kind == UnaryKind::kGeluTanh || kind == UnaryKind::kHardSwish;
  if (kind == UnaryKind::kHardSigmoid) return 2e-7;
  return difference ? 4e-7 * std::fabs(x) : 2e-36;  // a denormal that ARMv7 flushed, times x
}

template <class F>
void EachKind(F f) {
  for (int kind = 0; kind < static_cast<int>(UnaryKind::kCount); ++kind) {
    f(static_cast<UnaryKind>(kind));
  }
}

void CheckClose(const edgec::KernelEntry<edgec::UnaryF32Kernel>& kernel, UnaryKind kind,
                const std::vector<float>& x) {
  std::vector<float> out(x.size());
  kernel.run(kind, x.size(), x.data(), kAlpha, kBeta, out.data());
  for (size_t i = 0; i < x.size(); ++i) {
    const double wanted = Reference(kind, x[i]);
    Describe("%s kind %d of %.9g is %.9g, not %.9g", kernel.name, static_cast<int>(kind), x[i],
             out[i], wanted);
    if (std::fabs(wanted) > 3.4e38 && std::isinf(out[i])) continue;
    EDGEC_CHECK(IsClose(out[i], wanted, 3e-7, AbsoluteOf(kind, x[i])));
  }
}

EDGEC_TEST_EACH_ISA(UnaryF32IsCloseToTheFunctionOverItsWholeRange) {
  ForKernels(edgec::UnaryF32Kernels(), isa, [](const auto& kernel) {
    std::vector<float> x;
    for (int i = -20000; i <= 20000; ++i) x.push_back(static_cast<float>(i) * 0.005f);
    for (int exponent = -125; exponent < 127; ++exponent) {
      for (const float m : {1.0f, 1.1f, 1.37f, 1.5f, 1.99f}) {
        x.push_back(std::ldexp(m, exponent));
        x.push_back(-std::ldexp(m, exponent));
      }
    }
    EachKind([&](UnaryKind kind) { CheckClose(kernel, kind, x); });
  });
}

EDGEC_TEST_EACH_ISA(UnaryF32OfShortRowsIsTheSameBitsAsThePortable) {
  ForKernels(edgec::UnaryF32Kernels(), isa, [](const auto& kernel) {
    const auto& portable = *(edgec::UnaryF32Kernels().end() - 1);
    Random random(22);
    for (size_t n = 1; n <= 35; ++n) {
      Guarded<float> x(n), out(n), reference(n);
      FillRow(random, -12.0f, 12.0f, n, x.data());
      EachKind([&](UnaryKind kind) {
        kernel.run(kind, n, x.data(), kAlpha, kBeta, out.data());
        portable.run(kind, n, x.data(), kAlpha, kBeta, reference.data());
        for (size_t i = 0; i < n; ++i) {
          Describe("%s kind %d of %.9g", kernel.name, static_cast<int>(kind), x[i]);
          EDGEC_CHECK(SameFloat(out[i], reference[i]));
        }
      });
    }
  });
}

EDGEC_TEST_EACH_ISA(UnaryF32OfNanIsNan) {
  ForKernels(edgec::UnaryF32Kernels(), isa, [](const auto& kernel) {
    for (const float nan : {std::nanf(""), -std::nanf("")}) {
      EachKind([&](UnaryKind kind) {
        float out = 0.0f;
        kernel.run(kind, 1, &nan, kAlpha, kBeta, &out);
        Describe("%s kind %d", kernel.name, static_cast<int>(kind));
        EDGEC_CHECK(std::isnan(out));
      });
    }
  });
}

EDGEC_TEST_EACH_ISA(UnaryF32HasTheLimitsOfTheFunctions) {
  struct Limit {
    UnaryKind kind;
    float x, wanted;
  };
  const float nan = std::nanf("");
  const Limit limits[] = {
      {UnaryKind::kExp, kInf, kInf},        {UnaryKind::kExp, -kInf, 0.0f},
      {UnaryKind::kExp, 88.8f, kInf},       {UnaryKind::kExp, -200.0f, 0.0f},
      {UnaryKind::kExp, 0.0f, 1.0f},        {UnaryKind::kLog, 0.0f, -kInf},
      {UnaryKind::kLog, kInf, kInf},        {UnaryKind::kLog, -1.0f, nan},
      {UnaryKind::kLog, 1.0f, 0.0f},        {UnaryKind::kSigmoid, kInf, 1.0f},
      {UnaryKind::kSigmoid, -kInf, 0.0f},   {UnaryKind::kSigmoid, 0.0f, 0.5f},
      {UnaryKind::kTanh, kInf, 1.0f},       {UnaryKind::kTanh, -kInf, -1.0f},
      {UnaryKind::kErf, kInf, 1.0f},        {UnaryKind::kErf, -kInf, -1.0f},
      {UnaryKind::kRelu, -kInf, 0.0f},      {UnaryKind::kRelu, kInf, kInf},
      {UnaryKind::kElu, -kInf, -kAlpha},    {UnaryKind::kElu, kInf, kInf},
      {UnaryKind::kSoftplus, -kInf, 0.0f},  {UnaryKind::kSoftplus, kInf, kInf},
      {UnaryKind::kSqrt, -1.0f, nan},       {UnaryKind::kRsqrt, 0.0f, kInf},
      {UnaryKind::kReciprocal, 0.0f, kInf}, {UnaryKind::kReciprocal, -kInf, -0.0f},
      {UnaryKind::kSilu, kInf, kInf},       {UnaryKind::kHardSwish, -8.0f, -0.0f},
  };
  ForKernels(edgec::UnaryF32Kernels(), isa, [&](const auto& kernel) {
    for (const Limit& limit : limits) {
      float out = -77.0f;
      kernel.run(limit.kind, 1, &limit.x, kAlpha, kBeta, &out);
      Describe("%s kind %d of %g is %g", kernel.name, static_cast<int>(limit.kind), limit.x, out);
      EDGEC_CHECK(SameFloat(out, limit.wanted));
    }
  });
}

// ARMv7's NEON takes denormals for zero.
#if !defined(__arm__)
EDGEC_TEST_EACH_ISA(UnaryF32KeepsDenormals) {
  ForKernels(edgec::UnaryF32Kernels(), isa, [](const auto& kernel) {
    const float x[] = {1e-40f, 1e-44f, -95.0f, -102.0f};
    float out[4];
    kernel.run(UnaryKind::kLog, 2, x, 0, 0, out);
    EDGEC_CHECK(IsClose(out[0], std::log(double{x[0]}), 1e-6, 0));
    EDGEC_CHECK(IsClose(out[1], std::log(double{x[1]}), 1e-6, 0));
    kernel.run(UnaryKind::kExp, 2, x + 2, 0, 0, out);
    EDGEC_CHECK(IsClose(out[0], std::exp(-95.0), 0, 1.5e-45));
    EDGEC_CHECK(IsClose(out[1], std::exp(-102.0), 0, 1.5e-45));
  });
}
#endif

}  // namespace
