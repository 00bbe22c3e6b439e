#include "compare.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace edgec {
namespace {

double Distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double distance = std::fabs(a - b);
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

// Integers beyond 2^53 do not fit a double: their distance is exact only modulo 2^64, and large in
// any case.
double Distance(int64_t a, int64_t b) {
  const uint64_t apart = a > b ? static_cast<uint64_t>(a) - static_cast<uint64_t>(b)
                               : static_cast<uint64_t>(b) - static_cast<uint64_t>(a);
  return static_cast<double>(apart);
}

template <class T, class Wide>
Difference CompareAs(const void* data, const Array& expected, double tolerance) {
  Difference difference;
  const uint8_t* a = static_cast<const uint8_t*>(data);
  for (uint64_t i = 0; i < expected.bytes / sizeof(T); ++i) {
    T got, wanted;  // the file's data has any alignment
    std::memcpy(&got, a + i * sizeof(T), sizeof(T));
    std::memcpy(&wanted, expected.data + i * sizeof(T), sizeof(T));
    const double distance = Distance(static_cast<Wide>(got), static_cast<Wide>(wanted));
    if (distance > difference.largest) difference.largest = distance;
    if (distance <= tolerance) continue;
    if (difference.count++ > 0) continue;
    difference.first = i;
    difference.got = static_cast<double>(got);
    difference.expected = static_cast<double>(wanted);
  }
  return difference;
}

}  // namespace

Difference Compare(const void* data, const Array& expected, double tolerance) {
  switch (expected.dtype) {
    case EDGEC_F32:
      return CompareAs<float, double>(data, expected, tolerance);
    case EDGEC_S8:
      return CompareAs<int8_t, int64_t>(data, expected, tolerance);
    case EDGEC_U8:
      return CompareAs<uint8_t, int64_t>(data, expected, tolerance);
    case EDGEC_S32:
      return CompareAs<int32_t, int64_t>(data, expected, tolerance);
    case EDGEC_U32:
      return CompareAs<uint32_t, int64_t>(data, expected, tolerance);
    case EDGEC_S64:
      return CompareAs<int64_t, int64_t>(data, expected, tolerance);
  }
  return {};
}

}  // namespace edgec
