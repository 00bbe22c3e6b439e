#include "ops/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "ops/loop_op.h"

namespace edgec {
namespace {

constexpr size_t kPartElements = 4096;

// The columns of a matrix that are one item of work.
size_t PartColumns(size_t rows) { return rows * 64 < kPartElements ? kPartElements / rows : 64; }

// memcpy, without a call where the call would cost more than the copy.
void CopyRow(const uint8_t* from, size_t bytes, uint8_t* to) {
  if (bytes < 16 || bytes > 256) {
    std::memcpy(to, from, bytes);
    return;
  }
  for (size_t i = 0; i + 16 < bytes; i += 16) std::memcpy(to + i, from + i, 16);
  std::memcpy(to + bytes - 16, from + bytes - 16, 16);
}

// Leaves out dims of 1, and makes one of two dims that are one in both tensors. The last is 1 apart
// in the output still.
uint32_t Merge(const StridedBox& box, WalkDim* merged) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < box.rank; ++i) {
    const WalkDim& dim = box.dims[i];
    if (dim.size == 1) continue;
    WalkDim* outer = count > 0 ? &merged[count - 1] : nullptr;
    if (outer != nullptr && outer->stride_a == dim.size * dim.stride_a &&
        outer->stride_b == dim.size * dim.stride_b) {
      *outer = {outer->size * dim.size, dim.stride_a, dim.stride_b};
    } else {
      merged[count++] = dim;
    }
  }
  if (count == 0 || merged[count - 1].stride_b != 1) merged[count++] = {1, 1, 1};
  return count;
}

}  // namespace

StridedCopy::StridedCopy(const StridedBox& box, IsaSet isa)
    : element_bytes_(box.element_bytes),
      in_(static_cast<const uint8_t*>(box.in)),
      out_(static_cast<uint8_t*>(box.out)) {
  WalkDim merged[EDGEC_MAX_RANK];
  const uint32_t count = Merge(box, merged);
  if (merged[count - 1].stride_a == 1) {
    PlanRows(merged, count);
  } else {
    PlanTiles(merged, count, isa);
  }
}

void StridedCopy::PlanRows(const WalkDim* dims, uint32_t rank) {
  for (uint32_t i = 0; i + 1 < rank; ++i) walk_.Add(dims[i]);
  row_bytes_ = dims[rank - 1].size * element_bytes_;
}

// A matrix has the output's innermost dim as rows and the input's as columns; without the latter (a
// slice with steps) it has one column.
void StridedCopy::PlanTiles(const WalkDim* dims, uint32_t rank, IsaSet isa) {
  const WalkDim& rows = dims[rank - 1];
  matrix_ = {rows.size, 1, rows.stride_a, 1};
  bool found = false;
  for (uint32_t i = 0; i + 1 < rank; ++i) {
    if (dims[i].stride_a == 1 && !found) {
      found = true;
      matrix_.columns = dims[i].size;
      matrix_.out_stride = dims[i].stride_b;
    } else {
      walk_.Add(dims[i]);
    }
  }
  part_columns_ = PartColumns(matrix_.rows);
  parts_ = (matrix_.columns + part_columns_ - 1) / part_columns_;
  transpose_ = Transpose2dKernels().Best(isa).run;
}

void StridedCopy::CopyRows(size_t begin, size_t end) const {
  StridedWalk::Position at = walk_.At(begin);
  for (size_t i = begin; i < end; ++i, walk_.Advance(&at)) {
    CopyRow(in_ + at.a * element_bytes_, row_bytes_, out_ + at.b * element_bytes_);
  }
}

void StridedCopy::CopyTiles(size_t begin, size_t end) const {
  for (size_t i = begin; i < end; ++i) {
    const StridedWalk::Position at = walk_.At(i / parts_);
    const size_t column = i % parts_ * part_columns_;
    TransposeShape shape = matrix_;
    shape.columns = std::min(part_columns_, matrix_.columns - column);
    transpose_(element_bytes_, shape, in_ + (at.a + column) * element_bytes_,
               out_ + (at.b + column * matrix_.out_stride) * element_bytes_);
  }
}

void StridedCopy::Run(ThreadPool& pool) {
  if (in_ == out_) return;  // a part that lies in its place: format/overlap.h
  if (row_bytes_ > 0) {
    auto rows = [this](size_t begin, size_t end, uint32_t) { CopyRows(begin, end); };
    return pool.For(walk_.count(), GrainOf(row_bytes_, 1), rows);
  }
  auto tiles = [this](size_t begin, size_t end, uint32_t) { CopyTiles(begin, end); };
  const size_t columns = std::min(part_columns_, matrix_.columns);
  pool.For(walk_.count() * parts_, GrainOf(matrix_.rows, columns * element_bytes_), tiles);
}

}  // namespace edgec
