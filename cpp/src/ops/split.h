// How the work of a matrix product is cut into pieces for caches and threads.
#ifndef EDGEC_OPS_SPLIT_H_
#define EDGEC_OPS_SPLIT_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

constexpr size_t kItemsPerThread = 4;  // so that a late thread costs at most a quarter

// Columns in parts for threads, a part in chunks for caches; both whole blocks of 16.
struct ColumnSplit {
  size_t part_columns;
  size_t parts;
  size_t chunk_columns;  // their weights stay in a small L2 cache while rows pass
  size_t chunks;         // of all columns

  // `items_per_part`: what else the work is cut into.
  ColumnSplit(size_t columns, size_t block_bytes, size_t items_per_part, uint32_t threads);
};

// Of `threads`, those that a layer of so much work keeps busy: cutting it for more only costs.
uint32_t ThreadsWorth(uint64_t macs, uint32_t threads);

// The least items of this size worth a thread of their own: waking one costs microseconds.
size_t GrainOfMacs(size_t item_macs);

}  // namespace edgec
#endif  // EDGEC_OPS_SPLIT_H_
