// The AVX-VNNI kernel in AVX-512's encoding, for CPUs that have the same instructions only so: one
// source, another name and other flags.
#define igemm_s8_6x16c4_avxvnni igemm_s8_6x16c4_avxvnni_as_avx512vnni
#include "kernels/igemm_s8/igemm_s8_6x16c4_avxvnni.cc"
