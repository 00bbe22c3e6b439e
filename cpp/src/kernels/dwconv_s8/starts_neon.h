// What the sums of 16 channels start at on NEON, and what their requantization adds.
#ifndef EDGEC_KERNELS_DWCONV_S8_STARTS_NEON_H_
#define EDGEC_KERNELS_DWCONV_S8_STARTS_NEON_H_

#include "kernels/requant/requant_neon.h"

namespace edgec {

struct DwconvStarts {
  int32_t sums[16];
  float minus[16];  // SetReluStarts
};

static inline void SetDwconvStarts(RequantForm form, const int32_t* bias, const float* mult,
                                   DwconvStarts* starts) {
  const int32x4_t shift = vdupq_n_s32(StartShift(form));
  for (size_t p = 0; p < 16; p += 4) {
    vst1q_s32(starts->sums + p, vaddq_s32(vld1q_s32(bias + p), shift));
  }
  SetReluStarts(mult, starts->minus);
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_S8_STARTS_NEON_H_
