#include <limits>

#include "kernels/eltwise/eltwise_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;
using edgec::BinaryKind;
using edgec::Operands;

constexpr Operands kOperands[] = {Operands::kRows, Operands::kScalarA, Operands::kScalarB};

size_t LengthOf(Operands operands, Operands scalar, size_t n) { return operands == scalar ? 1 : n; }

// Two int8 rows, or a row and a scalar, and the output.
struct Rows8 {
  Guarded<int8_t> a, b, out;
  Rows8(Random& random, Fill8 fill, Operands operands, size_t n)
      : a(LengthOf(operands, Operands::kScalarA, n)),
        b(LengthOf(operands, Operands::kScalarB, n)),
        out(n) {
    FillRow(random, fill, a.size(), a.data());
    FillRow(random, fill, b.size(), b.data());
  }
  int32_t A(size_t i) const { return a[a.size() == 1 ? 0 : i]; }
  int32_t B(size_t i) const { return b[b.size() == 1 ? 0 : i]; }
};

void CheckAdd(const edgec::KernelEntry<edgec::AddS8Kernel>& kernel, Operands operands, size_t n,
              const edgec::AddS8Params& p, Rows8& rows) {
  kernel.run(operands, n, rows.a.data(), rows.b.data(), p, rows.out.data());
  for (size_t i = 0; i < n; ++i) {
    Describe("%s n %zu at %zu operands %d", kernel.name, n, i, static_cast<int>(operands));
    const int64_t sum =
        int64_t{p.bias} + int64_t{rows.A(i)} * p.mult_a + int64_t{rows.B(i)} * p.mult_b;
    const int64_t q = (sum >> p.shift) + p.zero_point;
    EDGEC_CHECK_EQ(rows.out[i], std::min<int64_t>(std::max<int64_t>(q, p.qmin), p.qmax));
  }
}

EDGEC_TEST_EACH_ISA(AddS8IsTheReference) {
  ForKernels(edgec::AddS8Kernels(), isa, [](const auto& kernel) {
    Random random(3);
    for (const Operands operands : kOperands) {
      for (size_t n = 1; n <= 35; ++n) {
        for (const Fill8 fill : kFills8) {
          const int32_t shift = random.Within(13, 29);
          const int32_t most = 1 << 21;
          const edgec::AddS8Params params = {random.Within(-(1 << 29), 1 << 29),
                                             random.Within(-most, most),
                                             random.Within(-most, most),
                                             shift,
                                             random.Within(-128, 127),
                                             random.Within(-128, -1),
                                             random.Within(0, 127)};
          Rows8 rows(random, fill, operands, n);
          CheckAdd(kernel, operands, n, params, rows);
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(AddS8AtTheEndsOfItsParamsIsTheReference) {
  ForKernels(edgec::AddS8Kernels(), isa, [](const auto& kernel) {
    Random random(4);
    for (const int32_t shift : {0, 1, 31}) {
      for (const int32_t bias : {INT32_MAX - 256 * 1000, -(INT32_MAX - 256 * 1000), 0}) {
        Rows8 rows(random, Fill8::kEnds, Operands::kRows, 33);
        CheckAdd(kernel, Operands::kRows, 33, {bias, 1000, -1000, shift, -128, -128, 127}, rows);
        CheckAdd(kernel, Operands::kRows, 33, {bias, 1000, 1000, shift, 127, 5, 5}, rows);
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(MulS8IsTheReference) {
  ForKernels(edgec::MulS8Kernels(), isa, [](const auto& kernel) {
    Random random(5);
    for (const Operands operands : kOperands) {
      for (size_t n = 1; n <= 35; ++n) {
        for (const Fill8 fill : kFills8) {
          const int32_t zero_a = random.Within(-128, 127), zero_b = random.Within(-128, 127);
          const int32_t zp = random.Within(-128, 127), qmin = random.Within(-128, 0);
          const float mult = n % 3 == 0 ? 0.5f : Between(random, 0.0001f, 0.05f);
          Rows8 rows(random, fill, operands, n);
          kernel.run(operands, n, rows.a.data(), rows.b.data(),
                     {zero_a, zero_b, mult, edgec::MakeS8Range(zp, qmin, 127)}, rows.out.data());
          for (size_t i = 0; i < n; ++i) {
            Describe("%s n %zu at %zu operands %d", kernel.name, n, i, static_cast<int>(operands));
            const int32_t product = (rows.A(i) - zero_a) * (rows.B(i) - zero_b);
            EDGEC_CHECK_EQ(rows.out[i], Requant(product, mult, zp, qmin, 127));
          }
        }
      }
    }
  });
}

float Binary(BinaryKind kind, float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::nanf("");
  switch (kind) {
    case BinaryKind::kAdd:
      return a + b;
    case BinaryKind::kSub:
      return a - b;
    case BinaryKind::kMul:
      return a * b;
    case BinaryKind::kDiv:
      return a / b;
    case BinaryKind::kMinimum:
      return b < a ? b : a;
    case BinaryKind::kMaximum:
      return b > a ? b : a;
    default:
      return std::pow(a, b);
  }
}

// Equal as numbers: the sign of a zero is not promised by minimum and maximum.
void CheckBinary(const edgec::KernelEntry<edgec::BinaryF32Kernel>& kernel, Operands operands,
                 size_t n, const edgec::BinaryF32Params& p, const std::vector<float>& values) {
  Guarded<float> a(LengthOf(operands, Operands::kScalarA, n));
  Guarded<float> b(LengthOf(operands, Operands::kScalarB, n));
  Guarded<float> out(n);
  for (size_t i = 0; i < a.size(); ++i) a[i] = values[i % values.size()];
  for (size_t i = 0; i < b.size(); ++i) b[i] = values[(5 * i + 3) % values.size()];
  kernel.run(operands, n, a.data(), b.data(), p, out.data());
  for (size_t i = 0; i < n; ++i) {
    const float x = a[a.size() == 1 ? 0 : i], y = b[b.size() == 1 ? 0 : i];
    Describe("%s kind %d n %zu: %.9g and %.9g give %.9g", kernel.name, static_cast<int>(p.kind), n,
             x, y, out[i]);
    float wanted = Binary(p.kind, x, y);
    if (!std::isnan(wanted)) wanted = std::min(std::max(wanted, p.low), p.high);
    EDGEC_CHECK(std::isnan(wanted) ? std::isnan(out[i]) : out[i] == wanted);
  }
}

void CheckAllBinary(const edgec::KernelEntry<edgec::BinaryF32Kernel>& kernel, float low, float high,
                    const std::vector<float>& values) {
  for (int kind = 0; kind < static_cast<int>(BinaryKind::kPow); ++kind) {
    for (const Operands operands : kOperands) {
      for (size_t n = 1; n <= 35; ++n) {
        CheckBinary(kernel, operands, n, {static_cast<BinaryKind>(kind), low, high}, values);
      }
    }
  }
}

EDGEC_TEST_EACH_ISA(BinaryF32OfRandomValuesIsTheReference) {
  ForKernels(edgec::BinaryF32Kernels(), isa, [](const auto& kernel) {
    Random random(6);
    std::vector<float> values(41);
    FillRow(random, -3.0f, 3.0f, values.size(), values.data());
    constexpr float kInf = std::numeric_limits<float>::infinity();
    CheckAllBinary(kernel, -kInf, kInf, values);
    CheckAllBinary(kernel, 0.0f, 1.5f, values);
  });
}

EDGEC_TEST_EACH_ISA(BinaryF32KeepsNanAndInfinities) {
  ForKernels(edgec::BinaryF32Kernels(), isa, [](const auto& kernel) {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    const std::vector<float> values = {std::nanf(""), 1.0f, kInf, -kInf, 0.0f, -2.0f, 3e38f};
    CheckAllBinary(kernel, -kInf, kInf, values);
    CheckAllBinary(kernel, 0.0f, 6.0f, values);
  });
}

EDGEC_TEST(PowIsThatOfTheMathLibrary) {
  const auto table = edgec::BinaryF32Kernels();
  const auto& kernel = *(table.end() - 1);
  EDGEC_CHECK_EQ(static_cast<int>(kernel.isa), static_cast<int>(edgec::Isa::kPortable));
  const std::vector<float> bases = {0.5f, 2.0f, 3.0f, 10.0f};
  for (const float base : bases) {
    for (const float exponent : {2.0f, 0.5f, -1.0f, 0.0f}) {
      float out;
      kernel.run(Operands::kRows, 1, &base, &exponent, {BinaryKind::kPow, -1e30f, 1e30f}, &out);
      EDGEC_CHECK(IsClose(out, std::pow(double{base}, double{exponent}), 1e-6, 0));
    }
  }
}

}  // namespace
