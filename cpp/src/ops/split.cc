#include "ops/split.h"

#include <algorithm>

namespace edgec {
namespace {

constexpr size_t kChunkBytes = 128 * 1024;  // a quarter of a Cortex-A53's usual L2
constexpr size_t kItemsPerThread = 4;       // so that a late thread costs at most a quarter
constexpr size_t kThreadMacs = 64 * 1024;   // about 2 µs of one core's work

size_t DivideUp(size_t count, size_t step) { return (count + step - 1) / step; }

}  // namespace

ColumnSplit::ColumnSplit(size_t columns, size_t block_bytes, size_t items_per_chunk,
                         uint32_t threads) {
  const size_t blocks = DivideUp(columns, 16);
  size_t wanted = DivideUp(blocks, std::max<size_t>(1, kChunkBytes / block_bytes));
  if (threads > 1) wanted = std::max(wanted, DivideUp(kItemsPerThread * threads, items_per_chunk));
  const size_t chunk_blocks = DivideUp(blocks, std::min(wanted, blocks));
  chunk_columns = 16 * chunk_blocks;
  chunks = DivideUp(blocks, chunk_blocks);
}

size_t GrainOfMacs(size_t item_macs) { return 1 + kThreadMacs / std::max<size_t>(1, item_macs); }

}  // namespace edgec
