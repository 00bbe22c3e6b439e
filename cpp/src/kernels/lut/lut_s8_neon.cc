// Sixteen lookups at a time: TBL finds 64 entries of the table held in four registers, and gives 0
// for an index beyond them, so four of them with the index moved by 64 each cover the table. ARMv7
// has tables of 32 bytes only, which do not pay: it unrolls the plain loop.
#include <arm_neon.h>

#include <cstring>

#include "kernels/lut/lut.h"

namespace edgec {
namespace {

void LookUp(size_t n, const int8_t* x, const int8_t* middle, int8_t* out) {
  for (size_t i = 0; i < n; ++i) out[i] = middle[x[i]];
}

#ifdef __aarch64__
int8x16_t LookUp16(const int8x16x4_t* table, int8x16_t x) {
  uint8x16_t index = veorq_u8(vreinterpretq_u8_s8(x), vdupq_n_u8(128));
  int8x16_t found = vqtbl4q_s8(table[0], index);
  for (int part = 1; part < 4; ++part) {
    index = vsubq_u8(index, vdupq_n_u8(64));
    found = vqtbx4q_s8(found, table[part], index);  // keeps what an earlier part found
  }
  return found;
}

size_t LookUpBlocks(size_t n, const int8_t* x, const int8_t* table, int8_t* out) {
  int8x16x4_t parts[4];
  for (int part = 0; part < 4; ++part) {
    for (int i = 0; i < 4; ++i) parts[part].val[i] = vld1q_s8(table + 64 * part + 16 * i);
  }
  size_t i = 0;
  for (; i + 16 <= n; i += 16) vst1q_s8(out + i, LookUp16(parts, vld1q_s8(x + i)));
  return i;
}
#else
size_t LookUpBlocks(size_t n, const int8_t* x, const int8_t* table, int8_t* out) {
  const int8_t* middle = table + 128;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const int8_t a = middle[x[i]], b = middle[x[i + 1]];
    const int8_t c = middle[x[i + 2]], d = middle[x[i + 3]];
    out[i] = a, out[i + 1] = b, out[i + 2] = c, out[i + 3] = d;
  }
  return i;
}
#endif

}  // namespace

void lut_s8_neon(size_t n, const int8_t* x, const int8_t* table, int8_t* out) {
  const size_t done = LookUpBlocks(n, x, table, out);
  LookUp(n - done, x + done, table + 128, out + done);
}

}  // namespace edgec
