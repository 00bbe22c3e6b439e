// int8 convolution with a 3×3 kernel and stride 1 by Winograd's F(4×4, 3×3), exact: 36 products for
// 16 outputs where the definition has 144.
//
//     U = G g Gᵀ     weights of one (channel, column), 3×3 → 6×6, at load
//     V = Bᵀ d B     one channel of a tile of x, 6×6 → 6×6                        _input
//     M = Σ U ⊙ V    over the channels, as 36 matrix products                     _multiply
//     Y = Aᵀ M A     6×6 → 4×4 outputs, then requantized                          _output
//
// The textbook's G and A have fractions. Multiplying row i of G by s = (24, 6, 6, 24, 24, 6), and
// row i of Aᵀ by c = (24, 12, 6, 6) while its column j is divided by s[j], leaves integers:
//
//          4  0 −5  0  1  0            6  0  0
//          0 −4 −4  1  1  0           −1 −1 −1           1  4  4  1  1  0
//     Bᵀ = 0  4 −4 −1  1  0      G =  −1  1 −1      Aᵀ = 0  2 −2  1 −1  0
//          0 −2 −1  2  1  0            1  2  4           0  1  1  1  1  0
//          0  2 −1 −2  1  0            1 −2  4           0  1 −1  2 −2  1
//          0  4  0 −5  0  1            0  0  6
//
// Exactness. A row of Bᵀ sums up to at most 10 in magnitude, one of G to 7: |V| ≤ 10·10·128 = 12800
// and |U| ≤ 7·7·128 = 6272 are int16. M and Y are computed modulo 2^32, where sums may wrap:
//     Y[i][j] ≡ c[i]·c[j]·acc = 9 · 2^s · acc,   s = 2 + k[i] + k[j],   k = (2, 1, 0, 0)
// 9 is odd: multiplying by its inverse modulo 2^32 gives 2^s · acc modulo 2^32, and an arithmetic
// shift right by s gives acc itself whenever −2^25 ≤ acc < 2^25 (s ≤ 6). The caller has proven that
// from the weights, for every x. The bias enters as 36·bias at M[1][1]: column 1 of Aᵀ is c / 6.
//
//   v: int16 [36][depth] of each tile, v_stride apart       u: int16 [block of 16
//   columns][36][depth m: int32 [block][tile][36][16]                             /
//   pair][16][pair], 64-byte aligned 36: position 6·row + column in the tile                 depth:
//   channels rounded up to 8, zeros
#ifndef EDGEC_KERNELS_WINOGRAD_S8_WINOGRAD_S8_H_
#define EDGEC_KERNELS_WINOGRAD_S8_WINOGRAD_S8_H_

#include <cstddef>
#include <cstdint>

#include "kernels/requant/requant.h"

namespace edgec {

constexpr size_t kWinogradTile = 4;   // outputs of a tile, each way
constexpr size_t kWinogradPatch = 6;  // inputs of a tile, each way
constexpr size_t kWinogradPositions = 36;
constexpr uint32_t kInverseOf9 = 0x38E38E39u;  // modulo 2^32

struct WinogradS8Params {
  const int32_t* bias;  // 36 · the convolution's, modulo 2^32
  RequantS8 requant;
};

// v of one tile. lines: where its 6 lines begin; pixel: distance of pixels in bytes. Reads exactly
// `channels` bytes of each of the 36 pixels, writes all of v.
using WinogradS8Input = void(const int8_t* const* lines, size_t pixel, size_t channels, int16_t* v);

// m of tiles ≥ 1 and `blocks` blocks of 16 columns, at most the kernel's.
using WinogradS8Multiply = void(size_t tiles, size_t blocks, size_t depth, const int16_t* v,
                                size_t v_stride, const int16_t* u, int32_t* m);

// What is to be stored of a tile.
struct WinogradS8Tile {
  size_t rows, columns;  // 1 .. 4: the rest lies outside of y
  size_t line, pixel;    // distances in y
};

// y of one tile and the first n of 16 columns, 1 ≤ n ≤ 16, from its [36][16] of m. Bias and mult
// hold 16 values.
using WinogradS8Output = void(const int32_t* m, size_t n, const WinogradS8Tile* tile, int8_t* y,
                              const WinogradS8Params* params);

}  // namespace edgec
#endif  // EDGEC_KERNELS_WINOGRAD_S8_WINOGRAD_S8_H_
