// How the work of a matrix product is cut into pieces for caches and threads.
#ifndef EDGEC_OPS_SPLIT_H_
#define EDGEC_OPS_SPLIT_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

// Columns in chunks of whole blocks of 16: a chunk's weights stay in a small L2 cache while all
// rows pass, and threads find enough items to share evenly.
struct ColumnSplit {
  size_t chunk_columns;  // a multiple of 16
  size_t chunks;

  // `items_per_chunk`: what else the work is cut into.
  ColumnSplit(size_t columns, size_t block_bytes, size_t items_per_chunk, uint32_t threads);
};

// The least items of this size worth a thread of their own: waking one costs microseconds.
size_t GrainOfMacs(size_t item_macs);

}  // namespace edgec
#endif  // EDGEC_OPS_SPLIT_H_
