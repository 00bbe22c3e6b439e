#include "kernels/pool/pool_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;
using edgec::PoolWindow;

constexpr PoolWindow kWindows[] = {{1, 1, 0, 0}, {1, 7, 0, 40}, {3, 3, 200, 45}, {2, 70, 3300, 41}};
constexpr size_t kMostChannels = 40;  // no column_stride above is less

// Elements from the first tap of the window to the end of the last.
size_t Extent(const PoolWindow& w, size_t n) {
  return (w.rows - 1) * w.row_stride + (w.columns - 1) * w.column_stride + n;
}

template <class T, class F>
void EachTap(const PoolWindow& w, const T* x, size_t c, F f) {
  for (size_t i = 0; i < w.rows * w.columns; ++i) {
    f(x[i / w.columns * w.row_stride + i % w.columns * w.column_stride + c]);
  }
}

template <class T, class Kernel, class Body>
void EachCase(const edgec::KernelEntry<Kernel>& kernel, Body body) {
  for (const PoolWindow& window : kWindows) {
    for (size_t n = 1; n <= kMostChannels; ++n) {
      Describe("%s %zu x %zu channels %zu", kernel.name, window.rows, window.columns, n);
      Guarded<T> x(Extent(window, n)), out(n);
      body(window, n, x, out);
    }
  }
}

EDGEC_TEST_EACH_ISA(MaxPoolS8IsTheGreatestTap) {
  ForKernels(edgec::MaxPoolS8Kernels(), isa, [](const auto& kernel) {
    Random random(9);
    for (const Fill8 fill : kFills8) {
      EachCase<int8_t>(kernel, [&](const PoolWindow& w, size_t n, auto& x, auto& out) {
        FillRow(random, fill, x.size(), x.data());
        kernel.run(n, w, x.data(), out.data());
        for (size_t c = 0; c < n; ++c) {
          int most = -128;
          EachTap(w, x.data(), c, [&](int8_t tap) { most = std::max<int>(most, tap); });
          EDGEC_CHECK_EQ(out[c], most);
        }
      });
    }
  });
}

EDGEC_TEST_EACH_ISA(AveragePoolS8IsTheReference) {
  ForKernels(edgec::AveragePoolS8Kernels(), isa, [](const auto& kernel) {
    Random random(10);
    for (const Fill8 fill : kFills8) {
      EachCase<int8_t>(kernel, [&](const PoolWindow& w, size_t n, auto& x, auto& out) {
        FillRow(random, fill, x.size(), x.data());
        const int32_t zero_in = random.Within(-128, 127), zp = random.Within(-128, 127);
        const float mult = Between(random, 0.3f, 2.0f) / static_cast<float>(w.rows * w.columns);
        kernel.run(n, w, x.data(), {zero_in, mult, edgec::MakeS8Range(zp, -128, 127)}, out.data());
        for (size_t c = 0; c < n; ++c) {
          int32_t sum = 0;
          EachTap(w, x.data(), c, [&](int8_t tap) { sum += tap - zero_in; });
          EDGEC_CHECK_EQ(out[c], Requant(sum, mult, zp, -128, 127));
        }
      });
    }
  });
}

EDGEC_TEST_EACH_ISA(AveragePoolS8OfTheMostTapsDoesNotOverflow) {
  ForKernels(edgec::AveragePoolS8Kernels(), isa, [](const auto& kernel) {
    constexpr size_t kTaps = 1 << 23;  // 255 · 2^23 is just below 2^31
    Guarded<int8_t> x(kTaps), out(1);
    std::fill(x.begin(), x.end(), int8_t{-128});
    kernel.run(1, {1, kTaps, 0, 1}, x.data(),
               {127, 0.25f / kTaps, edgec::MakeS8Range(0, -128, 127)}, out.data());
    EDGEC_CHECK_EQ(out[0], -64);  // -255 / 4 = -63.75
  });
}

EDGEC_TEST_EACH_ISA(MaxPoolF32IsTheGreatestTapOrNan) {
  ForKernels(edgec::MaxPoolF32Kernels(), isa, [](const auto& kernel) {
    Random random(11);
    for (const int nans : {0, 1, 5}) {
      EachCase<float>(kernel, [&](const PoolWindow& w, size_t n, auto& x, auto& out) {
        FillRow(random, -5.0f, -1.0f, x.size(), x.data());
        for (int i = 0; i < nans; ++i) x[random.Next() % x.size()] = std::nanf("");
        kernel.run(n, w, x.data(), out.data());
        for (size_t c = 0; c < n; ++c) {
          float most = -100.0f;
          EachTap(w, x.data(), c, [&](float tap) {
            if (std::isnan(tap) || tap > most) most = tap;
          });
          EDGEC_CHECK(SameFloat(out[c], most));
        }
      });
    }
  });
}

EDGEC_TEST_EACH_ISA(AveragePoolF32IsTheSameBitsAsThePortableAndCloseToTheSum) {
  ForKernels(edgec::AveragePoolF32Kernels(), isa, [](const auto& kernel) {
    const auto& portable = *(edgec::AveragePoolF32Kernels().end() - 1);
    Random random(12);
    EachCase<float>(kernel, [&](const PoolWindow& w, size_t n, auto& x, auto& out) {
      FillRow(random, -1.0f, 3.0f, x.size(), x.data());
      const float count = static_cast<float>(w.rows * w.columns);
      Guarded<float> reference(n);
      kernel.run(n, w, x.data(), count, out.data());
      portable.run(n, w, x.data(), count, reference.data());
      for (size_t c = 0; c < n; ++c) {
        double sum = 0.0;
        EachTap(w, x.data(), c, [&](float tap) { sum += tap; });
        EDGEC_CHECK(SameFloat(out[c], reference[c]));
        EDGEC_CHECK(IsClose(out[c], sum / count, 1e-5, 1e-6));
      }
    });
  });
}

}  // namespace
