// Every winograd_s8 kernel against a naive convolution of its tiles: the same bytes for every
// number of channels, columns and tiles, at the edges of pages, and for extreme values.
#include <memory>

#include "kernel_test.h"
#include "kernels/winograd_s8/winograd_s8_table.h"

namespace edgec_test {
namespace {

using edgec::WinogradS8Kernels;
using edgec::WinogradS8Params;
using edgec::WinogradS8Tile;
using Entry = edgec::KernelEntry<edgec::WinogradS8Multiply>;

constexpr size_t kMostTiles = 19, kMostChannels = 136, kMostColumns = 48, kGap = 7;
constexpr int32_t kZeroPoint = -7, kQmin = -120, kQmax = 101;
constexpr int8_t kUntouched = 99;

// The textbook's G, times (24, 6, 6, 24, 24, 6), and its Bᵀ: written here a second time on purpose.
constexpr int kG[6][3] = {{6, 0, 0}, {-1, -1, -1}, {-1, 1, -1}, {1, 2, 4}, {1, -2, 4}, {0, 0, 6}};
constexpr int kBt[6][6] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                           {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};

struct Size {
  size_t channels, columns, tiles;
  size_t rows = 4, outputs = 4;  // what is stored of a tile
};

// Buffers for the largest case; smaller ones use their ends, next to the guard pages.
class WinogradCase {
 public:
  // Values that a test may change between Fill and Check.
  std::vector<int8_t> x, w;  // x[tile][36][channel], w[column][9][channel]
  std::vector<int32_t> bias;
  std::vector<float> mult;

  // |x| and |w| up to `most` (x: −128 too, if that is 127).
  void Fill(const Size& size, uint64_t seed, int32_t most) {
    size_ = size;
    Random random(seed);
    x.resize(size.tiles * 36 * size.channels);
    w.resize(size.columns * 9 * size.channels);
    bias.resize(size.columns);
    const double spread = 0.5 * most * most * std::sqrt(9.0 * static_cast<double>(size.channels));
    mult.assign(size.columns, static_cast<float>(50.0 / spread));
    for (int8_t& value : x) {
      value = static_cast<int8_t>(random.Within(most == 127 ? -128 : -most, most));
    }
    for (int8_t& value : w) value = static_cast<int8_t>(random.Within(-most, most));
    for (int32_t& value : bias) value = random.Within(-most * most, most * most);
  }

  void Check(const Entry& kernel) {
    Describe("%s channels=%zu columns=%zu tiles=%zu rows=%zu outputs=%zu", kernel.name,
             size_.channels, size_.columns, size_.tiles, size_.rows, size_.outputs);
    const size_t blocks = Padded(size_.columns) / 16;
    const int16_t* v = Input(kernel);
    for (size_t block = 0; block < blocks; block += kernel.blocks) {
      const size_t now = std::min(kernel.blocks, blocks - block);
      int32_t* m = Tail(m_, now * size_.tiles * 36 * 16);
      kernel.multiply(size_.tiles, now, depth(), v, stride(), Weights(kernel, block, now), m);
      for (size_t b = 0; b < now; ++b) {
        for (size_t tile = 0; tile < size_.tiles; ++tile) {
          CheckTile(kernel, tile, block + b, m + (b * size_.tiles + tile) * 36 * 16);
        }
      }
    }
  }

 private:
  size_t depth() const { return (size_.channels + 7) / 8 * 8; }
  size_t stride() const { return 36 * depth() + 2; }

  // v of all tiles; each line of a tile ends at a guard page of its own.
  const int16_t* Input(const Entry& kernel) {
    int16_t* v = Tail(v_, (size_.tiles - 1) * stride() + 36 * depth());
    const size_t pixel = size_.channels + size_.tiles % 3;
    for (size_t tile = 0; tile < size_.tiles; ++tile) {
      const int8_t* lines[6];
      for (size_t y = 0; y < 6; ++y) {
        int8_t* line = Tail(*lines_[y], 5 * pixel + size_.channels);
        for (size_t at = 0; at < 6; ++at) {
          std::copy_n(&x[(tile * 36 + y * 6 + at) * size_.channels], size_.channels,
                      line + at * pixel);
        }
        lines[y] = line;
      }
      std::fill_n(v + tile * stride(), 36 * depth(), int16_t{-1});
      kernel.input(lines, pixel, size_.channels, v + tile * stride());
    }
    return v;
  }

  const int16_t* Weights(const Entry& kernel, size_t first_block, size_t blocks) {
    const size_t count = 36 * depth() * 16;
    int16_t* u = Tail(u_, blocks * count);
    std::fill_n(u, blocks * count, int16_t{0});
    for (size_t j = 0; j < 16 * blocks; ++j) {
      const size_t column = 16 * first_block + j;
      for (size_t c = 0; column < size_.columns && c < size_.channels; ++c) {
        for (size_t at = 0; at < 36; ++at) {
          const size_t index = (c / kernel.pair * 16 + j % 16) * kernel.pair + c % kernel.pair;
          u[j / 16 * count + at * depth() * 16 + index] = Transformed(column, c, at);
        }
      }
    }
    return u;
  }

  int16_t Transformed(size_t column, size_t c, size_t at) const {
    int sum = 0;
    for (size_t tap = 0; tap < 9; ++tap) {
      sum += kG[at / 6][tap / 3] * kG[at % 6][tap % 3] * w[(column * 9 + tap) * size_.channels + c];
    }
    return static_cast<int16_t>(sum);
  }

  void CheckTile(const Entry& kernel, size_t tile, size_t block, const int32_t* m) {
    const size_t n = std::min<size_t>(16, size_.columns - 16 * block);
    const size_t pixel = n + kGap, line = size_.outputs * pixel + kGap;
    const size_t count = (size_.rows - 1) * line + (size_.outputs - 1) * pixel + n;
    int8_t* y = Tail(y_, count);
    std::fill_n(y, count, kUntouched);
    int32_t* scaled = Tail(bias_, 16);
    float* factors = Tail(mult_, 16);
    for (size_t j = 0; j < 16; ++j) {
      scaled[j] = j < n ? Wrap(int64_t{36} * bias[16 * block + j]) : 0;
      factors[j] = j < n ? mult[16 * block + j] : 0.0f;
    }
    const WinogradS8Params params{scaled, edgec::MakeRequantS8(factors, kZeroPoint, kQmin, kQmax)};
    const WinogradS8Tile part{size_.rows, size_.outputs, line, pixel};
    kernel.output(m, n, &part, y, &params);
    for (size_t at = 0; at < count; ++at) {
      const size_t row = at / line, output = at % line / pixel, j = at % line % pixel;
      if (output < size_.outputs && j < n) {
        EDGEC_CHECK_EQ(y[at], Want(tile, row, output, 16 * block + j));
      } else {
        EDGEC_CHECK_EQ(y[at], kUntouched);
      }
    }
  }

  int8_t Want(size_t tile, size_t row, size_t output, size_t column) const {
    int64_t sum = bias[column];
    for (size_t tap = 0; tap < 9; ++tap) {
      const size_t at = tile * 36 + (row + tap / 3) * 6 + output + tap % 3;
      for (size_t c = 0; c < size_.channels; ++c) {
        sum += x[at * size_.channels + c] * w[(column * 9 + tap) * size_.channels + c];
      }
    }
    return Requant(Wrap(sum), mult[column], kZeroPoint, kQmin, kQmax);
  }

  Size size_{};
  Guarded<int8_t> line_0_{6 * kMostChannels + 12}, line_1_{6 * kMostChannels + 12},
      line_2_{6 * kMostChannels + 12}, line_3_{6 * kMostChannels + 12},
      line_4_{6 * kMostChannels + 12}, line_5_{6 * kMostChannels + 12};
  Guarded<int8_t>* lines_[6] = {&line_0_, &line_1_, &line_2_, &line_3_, &line_4_, &line_5_};
  Guarded<int16_t> v_{kMostTiles * (36 * kMostChannels + 2)};
  Guarded<int16_t> u_{2 * 36 * kMostChannels * 16};
  Guarded<int32_t> m_{2 * kMostTiles * 36 * 16};
  Guarded<int32_t> bias_{16};
  Guarded<float> mult_{16};
  Guarded<int8_t> y_{4 * (4 * (16 + kGap) + kGap)};
};

EDGEC_TEST_EACH_ISA(winograd_s8_every_number_of_channels_and_columns_gives_the_reference_bytes) {
  ForKernels(WinogradS8Kernels(), isa, [](const Entry& kernel) {
    WinogradCase test;
    for (size_t channels = 1; channels <= 72; ++channels) {
      const size_t columns = 1 + channels * 7 % kMostColumns;
      test.Fill({channels, columns, 1 + channels % 3}, channels, channels % 2 == 0 ? 127 : 2);
      test.Check(kernel);
    }
    for (size_t columns = 1; columns <= kMostColumns; ++columns) {
      test.Fill({9, columns, 2}, columns, columns % 2 == 0 ? 127 : 2);
      test.Check(kernel);
    }
  });
}

EDGEC_TEST_EACH_ISA(winograd_s8_every_number_of_tiles_gives_the_reference_bytes) {
  ForKernels(WinogradS8Kernels(), isa, [](const Entry& kernel) {
    WinogradCase test;
    for (size_t tiles = 1; tiles <= kMostTiles; ++tiles) {
      for (const size_t columns : {10, 40}) {
        test.Fill({16, columns, tiles}, tiles, 127);
        test.Check(kernel);
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(winograd_s8_parts_of_a_tile_are_stored_and_nothing_else) {
  ForKernels(WinogradS8Kernels(), isa, [](const Entry& kernel) {
    WinogradCase test;
    for (size_t part = 0; part < 16; ++part) {
      for (const size_t columns : {1, 5, 16, 31}) {
        test.Fill({8, columns, 1, 1 + part / 4, 1 + part % 4}, part, 127);
        test.Check(kernel);
      }
    }
  });
}

// For each position of V and of U, the tile and the weights that make it largest.
EDGEC_TEST_EACH_ISA(winograd_s8_extreme_values_are_exact) {
  ForKernels(WinogradS8Kernels(), isa, [](const Entry& kernel) {
    constexpr size_t kChannels = 24;
    WinogradCase test;
    for (size_t at = 0; at < 36; ++at) {
      test.Fill({kChannels, 17, 1}, at, 127);
      for (size_t i = 0; i < test.x.size(); ++i) {
        const size_t pixel = i / kChannels;
        const int sign = kBt[at / 6][pixel / 6] * kBt[at % 6][pixel % 6];
        test.x[i] = sign > 0 ? -128 : 127;
      }
      for (size_t i = 0; i < test.w.size(); ++i) {
        const size_t tap = i / kChannels % 9;
        const int sign = kG[at / 6][tap / 3] * kG[at % 6][tap % 3];
        test.w[i] = sign > 0 ? -128 : 127;
      }
      test.Check(kernel);
    }
  });
}

// Accumulators of −2^25 and 2^25 − 1 are the ends of what is exact, whatever M and Y wrap to.
EDGEC_TEST_EACH_ISA(winograd_s8_accumulators_at_the_ends_of_the_range_are_exact) {
  ForKernels(WinogradS8Kernels(), isa, [](const Entry& kernel) {
    WinogradCase test;
    for (const size_t channels : {8, 136}) {
      for (const int32_t weight : {-127, 127}) {
        for (const int32_t acc : {-(1 << 25), (1 << 25) - 1}) {
          test.Fill({channels, 17, 2}, 1, 127);
          std::fill(test.x.begin(), test.x.end(), int8_t{-128});
          std::fill(test.w.begin(), test.w.end(), static_cast<int8_t>(weight));
          const int32_t products = -128 * weight * 9 * static_cast<int32_t>(channels);
          std::fill(test.bias.begin(), test.bias.end(), acc - products);
          std::fill(test.mult.begin(), test.mult.end(), 0x1p-19f);
          test.Check(kernel);
        }
      }
    }
  });
}

}  // namespace
}  // namespace edgec_test
