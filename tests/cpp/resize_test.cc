#include "kernels/resize/resize_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

constexpr float kWeights[] = {0.0f, 0.25f, 1.0f / 3.0f, 0.5f, 0.9f, 1.0f};

float Blend(float p00, float p01, float p10, float p11, float wx, float wy) {
  const float top_step = (p01 - p00) * wx, top = p00 + top_step;
  const float bottom_step = (p11 - p10) * wx, bottom = p10 + bottom_step;
  const float step = (bottom - top) * wy;
  return top + step;
}

EDGEC_TEST_EACH_ISA(ResizeBilinearS8IsTheReference) {
  ForKernels(edgec::ResizeBilinearS8Kernels(), isa, [](const auto& kernel) {
    Random random(20);
    for (size_t n = 1; n <= 35; ++n) {
      for (const Fill8 fill : kFills8) {
        Guarded<int8_t> p00(n), p01(n), p10(n), p11(n), out(n);
        for (auto* p : {&p00, &p01, &p10, &p11}) FillRow(random, fill, n, p->data());
        for (const float wx : kWeights) {
          for (const float wy : kWeights) {
            kernel.run(n, {p00.data(), p01.data(), p10.data(), p11.data()}, {wx, wy}, out.data());
            for (size_t i = 0; i < n; ++i) {
              const float real = Blend(p00[i], p01[i], p10[i], p11[i], wx, wy);
              EDGEC_CHECK_EQ(out[i], RoundToInt8(real, 0, -128, 127));
            }
          }
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(ResizeBilinearF32IsTheReference) {
  ForKernels(edgec::ResizeBilinearF32Kernels(), isa, [](const auto& kernel) {
    Random random(21);
    for (size_t n = 1; n <= 35; ++n) {
      Guarded<float> p00(n), p01(n), p10(n), p11(n), out(n);
      for (auto* p : {&p00, &p01, &p10, &p11}) FillRow(random, -2.0f, 2.0f, n, p->data());
      for (const float wx : kWeights) {
        const float wy = 1.0f - wx;
        kernel.run(n, {p00.data(), p01.data(), p10.data(), p11.data()}, {wx, wy}, out.data());
        for (size_t i = 0; i < n; ++i) {
          EDGEC_CHECK_EQ(out[i], Blend(p00[i], p01[i], p10[i], p11[i], wx, wy));
        }
      }
    }
  });
}

}  // namespace
