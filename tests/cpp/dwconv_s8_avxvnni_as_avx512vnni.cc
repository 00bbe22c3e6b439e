// The AVX-VNNI kernel in AVX-512's encoding, for CPUs that have the same instructions only so: one
// source, other names and other flags.
#define dwconv_s8_4x16_avxvnni dwconv_s8_4x16_avxvnni_as_avx512vnni
#define dwconv_s8_4x16_avxvnni_pack dwconv_s8_4x16_avxvnni_as_avx512vnni_pack
#include "kernels/dwconv_s8/dwconv_s8_4x16_avxvnni.cc"
