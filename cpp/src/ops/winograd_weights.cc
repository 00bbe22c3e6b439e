#include "ops/winograd_weights.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

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
  const Columns a = g[0], b = g[step], c = g[2 * step];  // copies: stores to u change none of them
  for (size_t j = 0; j < 16; ++j) {
    const int outer = a.v[j] + c.v[j], wide = a.v[j] + 4 * c.v[j];
    u[0].v[j] = static_cast<int16_t>(6 * a.v[j]);
    u[u_step].v[j] = static_cast<int16_t>(-outer - b.v[j]);
    u[2 * u_step].v[j] = static_cast<int16_t>(b.v[j] - outer);
    u[3 * u_step].v[j] = static_cast<int16_t>(wide + 2 * b.v[j]);
    u[4 * u_step].v[j] = static_cast<int16_t>(wide - 2 * b.v[j]);
    u[5 * u_step].v[j] = static_cast<int16_t>(6 * c.v[j]);
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

// All positions of one channel, or of two, value by value in turn; positions are `stride` apart.
void StoreChannels(const Columns* from, size_t pair, size_t stride, int16_t* to) {
  for (size_t at = 0; at < kWinogradPositions; ++at, to += stride) {
    const Columns first = from[at], second = from[kWinogradPositions + at];
    if (pair == 1) {
      std::memcpy(to, first.v, sizeof(first.v));
      continue;
    }
    for (size_t j = 0; j < 16; ++j) {
      to[2 * j] = first.v[j];
      to[2 * j + 1] = second.v[j];
    }
  }
}

size_t BlockBytes(const Conv2dTask<int8_t>& task) {
  return 3 * static_cast<size_t>(RoundUp(3 * task.depth, 4)) * 16;
}

}  // namespace

bool WinogradIsExact(const Conv2dTask<int8_t>& task, const int32_t* bias) {
  for (size_t first = 0; first < task.columns; first += 16) {
    const int8_t* w = task.w + first / 16 * BlockBytes(task);
    int64_t sum[16] = {}, magnitude[16] = {};  // of the weights
    for (const int8_t* end = w + BlockBytes(task); w < end; w += 64) {
      for (size_t j = 0; j < 16; ++j) {
        int four = 0, four_magnitudes = 0;
        for (size_t q = 0; q < 4; ++q) {
          four += w[4 * j + q];
          four_magnitudes += std::abs(w[4 * j + q]);
        }
        sum[j] += four;
        magnitude[j] += four_magnitudes;
      }
    }
    for (size_t j = 0; j < 16 && first + j < task.columns; ++j) {
      const int64_t positive = (magnitude[j] + sum[j]) / 2, negative = magnitude[j] - positive;
      const int64_t most = bias[first + j] + 127 * positive + 128 * negative;
      const int64_t least = bias[first + j] - 128 * positive - 127 * negative;
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
  Columns transformed[2 * kWinogradPositions] = {};
  for (size_t block = 0; block < blocks; ++block, u += kWinogradPositions * depth * 16) {
    for (size_t c = 0; c < task.depth; c += pair) {
      for (size_t i = 0; i < pair; ++i) {
        Columns* of_channel = transformed + i * kWinogradPositions;
        if (c + i < task.depth) {
          TransformChannel(task.w + block * BlockBytes(task), task.depth, c + i, of_channel);
        } else {
          std::fill_n(of_channel, kWinogradPositions, Columns{});
        }
      }
      StoreChannels(transformed, pair, depth * 16, u + c * 16);
    }
  }
}

}  // namespace edgec
