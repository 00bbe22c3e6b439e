// Tiles of 16 × 16, so that each cache line that is touched is used up before it is evicted.
#include <cassert>

#include "kernels/transpose/transpose.h"

namespace edgec {
namespace {

constexpr size_t kTile = 16;

size_t TileEnd(size_t begin, size_t end) { return begin + kTile < end ? begin + kTile : end; }

template <class T>
void Transpose(const TransposeShape& shape, const T* in, T* out) {
  for (size_t i_0 = 0; i_0 < shape.rows; i_0 += kTile) {
    const size_t i_end = TileEnd(i_0, shape.rows);
    for (size_t j_0 = 0; j_0 < shape.columns; j_0 += kTile) {
      const size_t j_end = TileEnd(j_0, shape.columns);
      for (size_t j = j_0; j < j_end; ++j) {
        T* row = out + j * shape.out_stride;
        for (size_t i = i_0; i < i_end; ++i) row[i] = in[i * shape.in_stride + j];
      }
    }
  }
}

}  // namespace

void transpose2d_portable(size_t element_bytes, const TransposeShape& shape, const void* in,
                          void* out) {
  assert(element_bytes == 1 || element_bytes == 4 || element_bytes == 8);
  if (element_bytes == 1) {
    Transpose(shape, static_cast<const uint8_t*>(in), static_cast<uint8_t*>(out));
  } else if (element_bytes == 4) {
    Transpose(shape, static_cast<const uint32_t*>(in), static_cast<uint32_t*>(out));
  } else {
    Transpose(shape, static_cast<const uint64_t*>(in), static_cast<uint64_t*>(out));
  }
}

}  // namespace edgec
