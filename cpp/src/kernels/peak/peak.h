// What a core can do at most: multiply-adds between registers, and bytes read. Not for models: the
// measure that edgec-bench holds the layers against.
//
// PeakKernel: runs `rounds` (1 or more) times over its registers, returns the multiply-adds done.
// Every product is 1 × 1, so that the elements of `sink` sum up to the returned number as long as
// they can hold it: int32 modulo 2^32 for int8, float up to 2^24 for float32.
//
// ReadKernel: reads `bytes`, a multiple of kReadStep, from `data`, 64-byte aligned. The exclusive
// or of the elements of `sink` is that of all 32-bit words read.
//
// sink: kPeakSink elements of 4 bytes, 64-byte aligned, overwritten.
#ifndef EDGEC_KERNELS_PEAK_PEAK_H_
#define EDGEC_KERNELS_PEAK_PEAK_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

constexpr size_t kPeakSink = 16;
constexpr size_t kReadStep = 512;

using PeakS8Kernel = uint64_t(size_t rounds, int32_t* sink);
using PeakF32Kernel = uint64_t(size_t rounds, float* sink);
using ReadKernel = void(const void* data, size_t bytes, uint32_t* sink);

}  // namespace edgec
#endif  // EDGEC_KERNELS_PEAK_PEAK_H_
