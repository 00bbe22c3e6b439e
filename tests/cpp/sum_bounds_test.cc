// Bounds of sums at their edges: one unit more, and kernels must not take them for narrow.
#include "ops/sum_bounds.h"

#include <cstdlib>
#include <vector>

#include "check.h"

namespace edgec_test {
namespace {

constexpr int32_t kNarrow = 1 << 22;
constexpr size_t kMostDepth = 2000;

struct Sums {
  explicit Sums(size_t depth) : w(32 * depth), bias(32), mult(32, 1e-3f) {}
  std::vector<int8_t> w;
  std::vector<int32_t> bias;
  std::vector<float> mult;
};

EDGEC_TEST(sum_bounds_of_igemm_end_where_a_sum_can_reach_2_to_22) {
  constexpr size_t kDepth = 8;
  for (size_t j : {size_t{0}, size_t{17}, size_t{31}}) {
    for (int32_t sign : {1, -1}) {
      Sums sums(kDepth);
      // Column j: 127 and −128 in the second four depths, 255 · 128 in all.
      sums.w[j / 16 * 16 * kDepth + 64 + j % 16 * 4] = 127;
      sums.w[j / 16 * 16 * kDepth + 64 + j % 16 * 4 + 3] = -128;
      const auto fits = [&](int32_t bias) {
        sums.bias[j] = sign * bias;
        return edgec::IgemmSumsFitInt16(sums.w.data(), 2, kDepth, sums.bias.data(),
                                        sums.mult.data());
      };
      EDGEC_CHECK(fits(kNarrow - 255 * 128 - 1));
      EDGEC_CHECK(!fits(kNarrow - 255 * 128));
    }
  }
}

EDGEC_TEST(sum_bounds_of_igemm_end_where_a_value_can_pass_int16) {
  Sums sums(4);
  sums.bias[20] = 1000;
  for (float sign : {1.0f, -1.0f}) {
    sums.mult[20] = sign * 32.766f;
    EDGEC_CHECK(edgec::IgemmSumsFitInt16(sums.w.data(), 2, 4, sums.bias.data(), sums.mult.data()));
    sums.mult[20] = sign * 32.768f;
    EDGEC_CHECK(!edgec::IgemmSumsFitInt16(sums.w.data(), 2, 4, sums.bias.data(), sums.mult.data()));
  }
}

// The largest depth that is looked at, and the largest weights: nothing may wrap on the way.
EDGEC_TEST(sum_bounds_of_igemm_hold_for_the_deepest_products) {
  Sums sums(kMostDepth + 4);
  std::fill(sums.w.begin(), sums.w.end(), int8_t{-128});
  const auto fits = [&](size_t depth) {
    return edgec::IgemmSumsFitInt16(sums.w.data(), 1, depth, sums.bias.data(), sums.mult.data());
  };
  EDGEC_CHECK(fits(252));
  for (size_t depth : {size_t{256}, size_t{512}, kMostDepth, kMostDepth + 4}) {
    EDGEC_CHECK(!fits(depth));
  }
}

EDGEC_TEST(sum_bounds_of_depthwise_end_where_a_sum_can_reach_2_to_22) {
  constexpr size_t kTaps = 9;
  Sums sums(kTaps);
  sums.w[(1 * kTaps + 8) * 16 + 3] = -127;
  const auto fits = [&](int32_t bias) {
    sums.bias[19] = bias;
    return edgec::DepthwiseSumsFitInt16(sums.w.data(), 2, kTaps, sums.bias.data(),
                                        sums.mult.data());
  };
  EDGEC_CHECK(fits(127 * 128 - kNarrow + 1));
  EDGEC_CHECK(!fits(127 * 128 - kNarrow));
  EDGEC_CHECK(!fits(INT32_MIN));
}

EDGEC_TEST(sum_bounds_of_products_know_the_zero_points) {
  EDGEC_CHECK(edgec::ProductSumsFitInt16(255, 0, 0, 1e-3f));
  EDGEC_CHECK(!edgec::ProductSumsFitInt16(256, 0, 0, 1e-3f));
  EDGEC_CHECK(edgec::ProductSumsFitInt16(64, 127, -127, 1e-3f));
  EDGEC_CHECK(!edgec::ProductSumsFitInt16(64, -128, -128, 1e-3f));
  EDGEC_CHECK(!edgec::ProductSumsFitInt16(64, 0, 0, 1.0f));
}

}  // namespace
}  // namespace edgec_test
