// GMAC/s of every kernel that this CPU can run, from the families' tables: kernel_bench [part of a
// name]. Data sits in the first caches, calls are single-threaded: an upper bound of what an op can
// reach.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#include "kernels/dwconv_f32/dwconv_f32_table.h"
#include "kernels/dwconv_s8/dwconv_s8_table.h"
#include "kernels/igemm_f32/igemm_f32_table.h"
#include "kernels/igemm_s8/igemm_s8_table.h"

namespace {

using namespace edgec;

struct Shape {
  const char* name;
  size_t rows, n, k, taps;
  size_t macs() const { return rows * n * k * taps; }
};

constexpr Shape kProducts[] = {{"1x1 14x14 96>576", 196, 576, 96, 1},
                               {"1x1 14x14 576>96", 196, 96, 576, 1},
                               {"3x3 14x14 64>64", 196, 64, 64, 9},
                               {"1x1 56x56 24>24", 3136, 24, 24, 1},
                               {"fc 1280>1000", 1, 1000, 1280, 1}};
constexpr Shape kDepthwise[] = {{"dw3x3 14x14 384", 196, 384, 1, 9},
                                {"dw3x3 56x56 24", 3136, 24, 1, 9},
                                {"dw5x5 14x14 240", 196, 240, 1, 25}};

// The best of several calls, over at least 50 ms.
template <class Call>
double SecondsOf(Call call) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9, total = 0.0;
  for (int i = 0; i < 5 || total < 0.05; ++i) {
    const auto started = Clock::now();
    call();
    const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
    best = seconds < best ? seconds : best;
    total += seconds;
  }
  return best;
}

template <class T>
std::vector<T> Aligned(size_t count, T** data) {
  std::vector<T> memory(count + 64, T{1});
  *data = reinterpret_cast<T*>((reinterpret_cast<uintptr_t>(memory.data()) + 63) / 64 * 64);
  return memory;
}

void Report(const char* kernel, const Shape& shape, double seconds) {
  std::printf("%-32s %-18s %8.2f GMAC/s\n", kernel, shape.name,
              static_cast<double>(shape.macs()) / seconds * 1e-9);
}

// All rows in tiles of the kernel's mr; `entry.run` is called as an op would.
template <class T, class Entry, class Params>
void BenchIgemm(const Entry& entry, const Shape& shape, const Params& params) {
  T *x, *w, *y;
  const size_t padded = (shape.n + 15) / 16 * 16;
  const auto x_memory = Aligned<T>(shape.rows * shape.k, &x);
  const auto w_memory = Aligned<T>(padded * shape.k * shape.taps, &w);
  const auto y_memory = Aligned<T>(shape.rows * shape.n, &y);
  std::vector<const T*> a(entry.mr);
  const std::vector<ptrdiff_t> tap(shape.taps);  // all at 0: the first cache
  Report(entry.name, shape, SecondsOf([&] {
           for (size_t row = 0; row < shape.rows; row += entry.mr) {
             const size_t m = entry.mr < shape.rows - row ? entry.mr : shape.rows - row;
             for (size_t i = 0; i < m; ++i) a[i] = x + (row + i) * shape.k;
             entry.run(m, shape.n, shape.k, shape.taps, a.data(), tap.data(), w, y + row * shape.n,
                       shape.n, &params);
           }
         }));
}

template <class T, class Entry, class Params>
void BenchDepthwise(const Entry& entry, const Shape& shape, const Params& params) {
  constexpr size_t kPixels = 8;
  T *x, *w, *y;
  const size_t padded = (shape.n + 15) / 16 * 16;
  const auto x_memory = Aligned<T>((shape.rows + shape.taps) * shape.n, &x);
  const auto w_memory = Aligned<T>(padded * shape.taps, &w);
  const auto y_memory = Aligned<T>(shape.rows * shape.n, &y);
  std::vector<const T*> taps(kPixels * shape.taps);
  Report(entry.name, shape, SecondsOf([&] {
           for (size_t row = 0; row < shape.rows; row += kPixels) {
             const size_t m = kPixels < shape.rows - row ? kPixels : shape.rows - row;
             for (size_t i = 0; i < m * shape.taps; ++i) {
               taps[i] = x + (row + i / shape.taps + i % shape.taps) * shape.n;
             }
             entry.run(m, shape.n, shape.taps, taps.data(), w, y + row * shape.n, shape.n, &params);
           }
         }));
}

template <class Table, class Body>
void ForEach(const Table& table, const char* wanted, Body body) {
  for (const auto& entry : table) {
    if (IsaSet::Detect().Has(entry.isa) && std::strstr(entry.name, wanted)) body(entry);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const char* wanted = count > 1 ? arguments[1] : "";
  const std::vector<float> ones(2048, 1e-4f);
  const std::vector<int32_t> bias(2048);
  const RequantS8 requant = MakeRequantS8(ones.data(), 0, -128, 127);
  const IgemmS8Params igemm_s8{bias.data(), nullptr, requant};
  const IgemmF32Params igemm_f32{ones.data(), -1e9f, 1e9f};
  const DwconvS8Params dwconv_s8{bias.data(), requant};
  const DwconvF32Params dwconv_f32{ones.data(), -1e9f, 1e9f};
  for (const Shape& shape : kProducts) {
    ForEach(IgemmS8Kernels(), wanted,
            [&](const auto& entry) { BenchIgemm<int8_t>(entry, shape, igemm_s8); });
    ForEach(IgemmF32Kernels(), wanted,
            [&](const auto& entry) { BenchIgemm<float>(entry, shape, igemm_f32); });
  }
  for (const Shape& shape : kDepthwise) {
    ForEach(DwconvS8Kernels(), wanted,
            [&](const auto& entry) { BenchDepthwise<int8_t>(entry, shape, dwconv_s8); });
    ForEach(DwconvF32Kernels(), wanted,
            [&](const auto& entry) { BenchDepthwise<float>(entry, shape, dwconv_f32); });
  }
  return 0;
}
