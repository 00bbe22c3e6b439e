// conv2d and fully_connected as calls of an igemm kernel: int8, float32, int8 with sparse weights.
//
// The work is cut into items for threads: a group, a part of the columns (output channels), a band
// of rows (output positions, ops/band.h). Inside of an item a chunk of weights stays in the cache
// while the band's rows pass by, a few at a time.
#ifndef EDGEC_OPS_CONV2D_IGEMM_H_
#define EDGEC_OPS_CONV2D_IGEMM_H_

#include <vector>

#include "kernels/igemm_f32/igemm_f32_table.h"
#include "kernels/igemm_s8/igemm_s8_table.h"
#include "ops/band.h"
#include "ops/residual_add.h"
#include "ops/sparse_columns.h"

namespace edgec {

// A product of T = int8_t, float, or SparseS8: what differs between the families of kernels.
// kDepthStep: the depth of a tap must be a multiple of it.
struct SparseS8;

template <class T>
struct Igemm;
template <>
struct Igemm<int8_t> {
  using Element = int8_t;
  using Kernel = IgemmS8Kernel;
  using Params = IgemmS8Params;
  using Weights = const int8_t*;
  static constexpr size_t kDepthStep = 4;
};
template <>
struct Igemm<float> {
  using Element = float;
  using Kernel = IgemmF32Kernel;
  using Params = IgemmF32Params;
  using Weights = const float*;
  static constexpr size_t kDepthStep = 1;
};
template <>
struct Igemm<SparseS8> {
  using Element = int8_t;
  using Kernel = SparseIgemmS8Kernel;
  using Params = SparseIgemmS8Params;
  using Weights = SparseColumns;
  static constexpr size_t kDepthStep = 4;
};

template <class T>
struct Conv2dTask {
  using Element = typename Igemm<T>::Element;

  Conv2dWindow window;
  size_t groups = 1;
  size_t depth = 0;    // input channels of a group
  size_t columns = 0;  // output channels of a group
  const Element* x = nullptr;
  typename Igemm<T>::Weights w{};  // packed, checked against the sizes above
  Element* y = nullptr;
  Element padding = 0;  // what x is outside of the image
  const KernelEntry<typename Igemm<T>::Kernel>* kernel = nullptr;
  typename Igemm<T>::Params params{};  // of group 0; the next group's lie ⌈columns/16⌉·16 further
  std::vector<int32_t> bias;           // what params.bias points to, where it is not in the file
  ResidualAdd residual;                // int8 only
};

// Takes scratch from `context` and names the kernel there.
template <class T>
edgec_status MakeConv2dIgemm(Conv2dTask<T> task, PrepareContext& context, std::unique_ptr<Op>* op);

}  // namespace edgec
#endif  // EDGEC_OPS_CONV2D_IGEMM_H_
