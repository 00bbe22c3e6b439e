#include "ops/winograd_choice.h"

#include "ops/conv2d_winograd.h"
#include "ops/node_check.h"
#include "ops/winograd_weights.h"

namespace edgec {
namespace {

// Weights that fit stay in L2 between tiles and, in part, between runs; the others come from
// further away in every run.
constexpr double kCachedBytes = 256 * 1024;
constexpr double kGain = 1.15;  // of the estimates: below it, the smaller memory wins

bool IsWinogradShape(const Conv2dTask<int8_t>& task) {
  const Conv2dWindow& w = task.window;
  return task.groups == 1 && w.kernel_h == 3 && w.kernel_w == 3 && w.stride_h == 1 &&
         w.stride_w == 1 && w.dilation_h == 1 && w.dilation_w == 1;
}

double WeightCycles(double bytes, double bytes_per_cycle) {
  return bytes > kCachedBytes ? (bytes - kCachedBytes) / bytes_per_cycle : 0.0;
}

double DirectCycles(const Conv2dTask<int8_t>& task, const WinogradS8Cost& cost) {
  const double columns = static_cast<double>(RoundUp(task.columns, 16));
  const double weights = 9.0 * static_cast<double>(task.depth) * columns;
  return static_cast<double>(task.window.rows()) * weights / static_cast<double>(cost.direct_macs) +
         WeightCycles(weights, static_cast<double>(cost.bytes));
}

double WinogradCycles(const Conv2dTask<int8_t>& task, const WinogradS8Cost& cost) {
  const double tiles = static_cast<double>(WinogradTiles(task.window).count);
  const double columns = static_cast<double>(RoundUp(task.columns, 16));
  const double depth = static_cast<double>(RoundUp(task.depth, 8));
  const double weights = static_cast<double>(WinogradWeightCount(task.depth, task.columns));
  const double a_tile = weights / static_cast<double>(cost.multiply_macs) +
                        depth * static_cast<double>(cost.input) +
                        columns * static_cast<double>(cost.output);
  return tiles * a_tile + WeightCycles(2.0 * weights, static_cast<double>(cost.bytes));
}

}  // namespace

const WinogradS8Entry* WinogradKernel(const Conv2dTask<int8_t>& task) {
  for (const WinogradS8Entry& entry : WinogradS8Kernels()) {
    if (entry.isa == task.kernel->isa) return &entry;
  }
  return nullptr;
}

bool WinogradPays(const Conv2dTask<int8_t>& task, const int32_t* bias) {
  const WinogradS8Entry* entry = WinogradKernel(task);
  return entry != nullptr && IsWinogradShape(task) &&
         DirectCycles(task, entry->cost) > kGain * WinogradCycles(task, entry->cost) &&
         WinogradIsExact(task, bias);
}

}  // namespace edgec
