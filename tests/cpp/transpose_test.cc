#include "kernels/transpose/transpose_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

template <class T>
void CheckTranspose(const edgec::KernelEntry<edgec::Transpose2dKernel>& kernel, size_t rows,
                    size_t columns) {
  const edgec::TransposeShape shape = {rows, columns, columns + 3, rows + 2};
  Guarded<T> in((rows - 1) * shape.in_stride + columns);
  Guarded<T> out((columns - 1) * shape.out_stride + rows);
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<T>(i * 2654435761u + 1);
  kernel.run(sizeof(T), shape, in.data(), out.data());
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) {
      Describe("%s %zu x %zu, %zu bytes, at %zu %zu", kernel.name, rows, columns, sizeof(T), i, j);
      EDGEC_CHECK_EQ(out[j * shape.out_stride + i], in[i * shape.in_stride + j]);
    }
  }
  for (size_t gap = rows; gap < shape.out_stride && columns > 1; ++gap) EDGEC_CHECK_EQ(out[gap], 0);
}

EDGEC_TEST_EACH_ISA(Transpose2dIsRightForEachSizeAndWritesNothingElse) {
  ForKernels(edgec::Transpose2dKernels(), isa, [](const auto& kernel) {
    for (const size_t rows : {1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 40}) {
      for (const size_t columns : {1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 40}) {
        CheckTranspose<uint8_t>(kernel, rows, columns);
        CheckTranspose<uint32_t>(kernel, rows, columns);
        CheckTranspose<uint64_t>(kernel, rows, columns);
      }
    }
  });
}

}  // namespace
