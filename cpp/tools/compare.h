// A run's output against an expected array.
#ifndef EDGEC_TOOLS_COMPARE_H_
#define EDGEC_TOOLS_COMPARE_H_

#include <cstdint>

#include "edgec/edgec.h"
#include "npy.h"

namespace edgec {

struct Difference {
  uint64_t count = 0;  // elements that differ by more than the tolerance
  uint64_t first = 0;  // index of the first one, and its values
  double got = 0;
  double expected = 0;
  double largest = 0;  // infinite if one of two values is NaN
};

// `data` has the type and size of `expected`. Two NaNs are equal.
Difference Compare(const void* data, const Array& expected, double tolerance);

}  // namespace edgec
#endif  // EDGEC_TOOLS_COMPARE_H_
