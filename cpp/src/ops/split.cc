#include "ops/split.h"

#include <algorithm>

#include "ops/node_check.h"

namespace edgec {
namespace {

constexpr size_t kChunkBytes = 128 * 1024;  // a quarter of a Cortex-A53's usual L2
constexpr size_t kChunkStep = 4;            // blocks: the widest tile of a kernel
// So much work that waking a thread for it pays, some microseconds: 6 µs with AVX-512, 4 on an A76,
// 30 on an A53.
#if defined(__x86_64__)
constexpr size_t kThreadMacs = 1280 * 1024;
#else
constexpr size_t kThreadMacs = 256 * 1024;
#endif

}  // namespace

ColumnSplit::ColumnSplit(size_t columns, size_t block_bytes, size_t items_per_part,
                         uint32_t threads) {
  const size_t blocks = DivideUp(columns, 16);
  const size_t wanted = threads > 1 ? DivideUp(kItemsPerThread * threads, items_per_part) : 1;
  const size_t part_blocks = DivideUp(blocks, std::min(wanted, blocks));
  part_columns = 16 * part_blocks;
  parts = DivideUp(blocks, part_blocks);
  const size_t most = std::max(kChunkStep, kChunkBytes / block_bytes / kChunkStep * kChunkStep);
  const size_t even = DivideUp(part_blocks, DivideUp(part_blocks, most));
  chunk_columns = 16 * std::min<size_t>(part_blocks, DivideUp(even, kChunkStep) * kChunkStep);
  chunks = DivideUp(columns, chunk_columns);
}

uint32_t ThreadsWorth(uint64_t macs, uint32_t threads) {
  return static_cast<uint32_t>(
      std::min<uint64_t>(threads, std::max<uint64_t>(1, macs / kThreadMacs)));
}

size_t GrainOfMacs(size_t item_macs) { return 1 + kThreadMacs / std::max<size_t>(1, item_macs); }

}  // namespace edgec
