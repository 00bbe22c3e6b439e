#include "ops/winograd_weights.h"

#include "kernels/winograd_s8/winograd_s8.h"
#include "ops/node_check.h"

namespace edgec {
namespace {

constexpr int64_t kExactBelow = int64_t{1} << 25;

// 16 columns side by side, so that compilers take registers for the loops.
struct Columns {
  int16_t v[16];
};

// One line of G g: g holds three weights, `step` apart; so do the six results.
void TransformLine(const Columns* g, size_t step, Columns* u, size_t u_step) {
  for (size_t j = 0; j < 16; ++j) {
    const int a = g[0].v[j], b = g[step].v[j], c = g[2 * step].v[j];
    const int values[] = {6 * a, -(a + b + c), b - a - c, a + 2 * b + 4 * c, a - 2 * b + 4 * c,
                          6 * c};
    for (size_t i = 0; i < 6; ++i) u[i * u_step].v[j] = static_cast<int16_t>(values[i]);
  }
}

// One channel of 16 columns: a tap is a line of the kernel, `line` bytes deep.
void TransformChannel(const int8_t* block, size_t channels, size_t c, Columns* u) {
  const size_t line = RoundUp(3 * channels, 4);
  Columns g[9], half[18];
  for (size_t tap = 0; tap < 9; ++tap) {
    const size_t depth = tap / 3 * line + tap % 3 * channels + c;
    const int8_t* from = block + depth / 4 * 64 + depth % 4;
    for (size_t j = 0; j < 16; ++j) g[tap].v[j] = from[4 * j];
  }
  for (size_t x = 0; x < 3; ++x) TransformLine(g + x, 3, half + x, 3);
  for (size_t y = 0; y < 6; ++y) TransformLine(half + 3 * y, 1, u + 6 * y, 1);
}

size_t BlockBytes(const Conv2dTask<int8_t>& task) {
  return 3 * static_cast<size_t>(RoundUp(3 * task.depth, 4)) * 16;
}

}  // namespace

bool WinogradIsExact(const Conv2dTask<int8_t>& task, const int32_t* bias) {
  for (size_t first = 0; first < task.columns; first += 16) {
    const int8_t* w = task.w + first / 16 * BlockBytes(task);
    int64_t positive[16] = {}, negative[16] = {};
    for (size_t i = 0; i < BlockBytes(task); ++i) {
      (w[i] > 0 ? positive : negative)[i / 4 % 16] += w[i];
    }
    for (size_t j = 0; j < 16 && first + j < task.columns; ++j) {
      const int64_t most = bias[first + j] + 127 * positive[j] - 128 * negative[j];
      const int64_t least = bias[first + j] - 128 * positive[j] + 127 * negative[j];
      if (least < -kExactBelow || most >= kExactBelow) return false;
    }
  }
  return true;
}

uint64_t WinogradWeightCount(uint64_t channels, uint64_t columns) {
  return RoundUp(columns, 16) * kWinogradPositions * RoundUp(channels, 8);
}

void TransformWeights(const Conv2dTask<int8_t>& task, size_t pair, int16_t* u) {
  const size_t depth = RoundUp(task.depth, 8), blocks = RoundUp(task.columns, 16) / 16;
  Columns transformed[kWinogradPositions];
  for (size_t block = 0; block < blocks; ++block) {
    for (size_t c = 0; c < task.depth; ++c) {
      TransformChannel(task.w + block * BlockBytes(task), task.depth, c, transformed);
      for (size_t at = 0; at < kWinogradPositions; ++at) {
        int16_t* to = u + at * depth * 16 + c / pair * pair * 16 + c % pair;
        for (size_t j = 0; j < 16; ++j) to[j * pair] = transformed[at].v[j];
      }
    }
    u += kWinogradPositions * depth * 16;
  }
}

}  // namespace edgec
