// What the transposes of all instruction sets share: tiles, their ragged ends, and matrices with so
// few rows or columns that they are interleaved rather than transposed. Each file that includes
// this has its own copy, compiled with its own flags.
#ifndef EDGEC_KERNELS_TRANSPOSE_TILES_H_
#define EDGEC_KERNELS_TRANSPOSE_TILES_H_

#include "kernels/transpose/transpose.h"

namespace edgec {
namespace {

// One tile, element by element.
template <class T>
inline void TransposeTile(const TransposeShape& shape, const T* in, T* out) {
  for (size_t j = 0; j < shape.columns; ++j) {
    for (size_t i = 0; i < shape.rows; ++i) {
      out[j * shape.out_stride + i] = in[i * shape.in_stride + j];
    }
  }
}

// `tile(in, in_stride, out, out_stride)` transposes kTile × kTile elements. Each cache line that is
// touched is used up before it is evicted.
template <size_t kTile, class T, class Tile>
inline void TransposeTiles(const TransposeShape& shape, const T* in, T* out, Tile tile) {
  for (size_t i = 0; i < shape.rows; i += kTile) {
    const size_t rows = shape.rows - i < kTile ? shape.rows - i : kTile;
    for (size_t j = 0; j < shape.columns; j += kTile) {
      const size_t columns = shape.columns - j < kTile ? shape.columns - j : kTile;
      const T* from = in + i * shape.in_stride + j;
      T* to = out + j * shape.out_stride + i;
      if (rows == kTile && columns == kTile) {
        tile(from, shape.in_stride, to, shape.out_stride);
      } else {
        TransposeTile({rows, columns, shape.in_stride, shape.out_stride}, from, to);
      }
    }
  }
}

// kRows planes to pixels, a loop that compilers vectorize.
template <size_t kRows, class T>
inline void Interleave(const TransposeShape& shape, const T* in, T* out) {
  const size_t columns = shape.columns, stride = shape.in_stride;  // bytes may alias the shape
  for (size_t j = 0; j < columns; ++j) {
    for (size_t i = 0; i < kRows; ++i) out[kRows * j + i] = in[i * stride + j];
  }
}

// And back.
template <size_t kColumns, class T>
inline void Deinterleave(const TransposeShape& shape, const T* in, T* out) {
  const size_t rows = shape.rows, stride = shape.out_stride;
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < kColumns; ++j) out[j * stride + i] = in[kColumns * i + j];
  }
}

// False if the matrix is not such a one.
template <class T>
inline bool TransposeFew(const TransposeShape& shape, const T* in, T* out) {
  if (shape.out_stride == shape.rows) {
    if (shape.rows == 2) return Interleave<2>(shape, in, out), true;
    if (shape.rows == 3) return Interleave<3>(shape, in, out), true;
    if (shape.rows == 4) return Interleave<4>(shape, in, out), true;
  }
  if (shape.in_stride == shape.columns) {
    if (shape.columns == 2) return Deinterleave<2>(shape, in, out), true;
    if (shape.columns == 3) return Deinterleave<3>(shape, in, out), true;
    if (shape.columns == 4) return Deinterleave<4>(shape, in, out), true;
  }
  return false;
}

template <class T, size_t kTile, class Tile>
inline void Transpose(const TransposeShape& shape, const void* in, void* out, Tile tile) {
  const T* from = static_cast<const T*>(in);
  T* to = static_cast<T*>(out);
  if (!TransposeFew(shape, from, to)) TransposeTiles<kTile>(shape, from, to, tile);
}

// For elements without tiles of their own.
template <class T>
inline void TransposePlain(const TransposeShape& shape, const void* in, void* out) {
  Transpose<T, 16>(shape, in, out, [](const T* x, size_t x_stride, T* y, size_t y_stride) {
    TransposeTile({16, 16, x_stride, y_stride}, x, y);
  });
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_TRANSPOSE_TILES_H_
