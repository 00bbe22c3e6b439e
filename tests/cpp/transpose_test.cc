#include "kernels/transpose/transpose_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

// Rows of either side `gap` elements further apart than they are long.
template <class T>
void CheckTranspose(const edgec::KernelEntry<edgec::Transpose2dKernel>& kernel, size_t rows,
                    size_t columns, size_t gap) {
  const edgec::TransposeShape shape = {rows, columns, columns + 3 * gap, rows + 2 * gap};
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
  for (size_t i = rows; i < shape.out_stride && columns > 1; ++i) EDGEC_CHECK_EQ(out[i], 0);
}

EDGEC_TEST_EACH_ISA(Transpose2dIsRightForEachSizeAndWritesNothingElse) {
  ForKernels(edgec::Transpose2dKernels(), isa, [](const auto& kernel) {
    for (const size_t rows : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 33, 70}) {
      for (const size_t columns : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 33, 70}) {
        for (const size_t gap : {0, 1}) {
          CheckTranspose<uint8_t>(kernel, rows, columns, gap);
          CheckTranspose<uint32_t>(kernel, rows, columns, gap);
          CheckTranspose<uint64_t>(kernel, rows, columns, gap);
        }
      }
    }
  });
}

}  // namespace
