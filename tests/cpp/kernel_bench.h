// Times kernels on data in the first caches, called from one thread: an upper bound of what an op
// can reach.
//
// A family joins with kernel_bench_<family>.cc, which defines one function, and that function's
// line in kernel_bench.cc.
#ifndef EDGEC_TESTS_KERNEL_BENCH_H_
#define EDGEC_TESTS_KERNEL_BENCH_H_

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/clock.h"
#include "base/isa.h"

namespace edgec_test {

// What one call of a kernel, or one walk over a layer, has to do.
struct Work {
  const char* shape;
  uint64_t macs;   // 0 for kernels that only move or map values
  uint64_t bytes;  // read and written
};

class KernelBench {
 public:
  // Only kernels whose name contains `wanted`.
  explicit KernelBench(const char* wanted) : wanted_(wanted) {}

  // Calls `body(entry)` for the kernels of a table that this CPU can run.
  template <class Table, class Body>
  void Each(const Table& table, Body body) const {
    for (const auto& entry : table) {
      if (edgec::IsaSet::Detect().Has(entry.isa) && std::strstr(entry.name, wanted_)) body(entry);
    }
  }

  // Prints one line of JSON: the fastest of many batches of calls, over at least 30 ms.
  template <class Call>
  void Time(const char* kernel, const Work& work, Call call) const {
    constexpr uint64_t kLeastNs = 30000000, kLeastBatchNs = 20000;
    constexpr int kLeastBatches = 5;
    uint64_t calls = 1;  // of a batch: so many that reading the clock does not matter
    while (BatchNs(calls, call) < kLeastBatchNs) calls *= 2;
    uint64_t best_ns = UINT64_MAX, total_ns = 0;
    for (int i = 0; i < kLeastBatches || total_ns < kLeastNs; ++i) {
      const uint64_t taken_ns = BatchNs(calls, call);
      best_ns = taken_ns < best_ns ? taken_ns : best_ns;
      total_ns += taken_ns;
    }
    std::printf("{\"kernel\":\"%s\",\"shape\":\"%s\",\"ns\":%.1f,\"macs\":%" PRIu64
                ",\"bytes\":%" PRIu64 "}\n",
                kernel, work.shape, static_cast<double>(best_ns) / static_cast<double>(calls),
                work.macs, work.bytes);
  }

 private:
  template <class Call>
  static uint64_t BatchNs(uint64_t calls, Call call) {
    const uint64_t started_ns = edgec::NowNs();
    for (uint64_t i = 0; i < calls; ++i) call();
    return edgec::NowNs() - started_ns;
  }

  const char* wanted_;
};

// count × T, all one, 64-byte aligned, with as much behind it that may be read.
template <class T>
class Ones {
 public:
  explicit Ones(size_t count) : memory_(count + 128, T{1}) {}
  T* data() {
    const uintptr_t start = reinterpret_cast<uintptr_t>(memory_.data());
    return reinterpret_cast<T*>((start + 63) / 64 * 64);
  }

 private:
  std::vector<T> memory_;
};

}  // namespace edgec_test
#endif  // EDGEC_TESTS_KERNEL_BENCH_H_
