// conv2d_s8 by Winograd, chosen or not: geometries, threads, the bound of exactness, the choice.
#include "ops/conv2d_winograd.h"

#include <cstring>

#include "conv2d_s8_case.h"
#include "ops/igemm_operands.h"
#include "ops/winograd_choice.h"
#include "ops/winograd_weights.h"

namespace edgec_test {
namespace {

using edgec::Conv2dTask;
using edgec::Isa;
using edgec::IsaSet;

Conv2dShape Shape3x3(uint32_t n, uint32_t h, uint32_t w, uint32_t c, uint32_t o) {
  return {n, h, w, c, o, 3, 3, 1, 1, 1, 1, 1, 1, h, w, 1};
}

// Multipliers that spread the outputs over int8.
S8Data MakeSpreadData(const Conv2dShape& s) {
  S8Data data = MakeS8Data(s);
  const float depth = static_cast<float>(s.taps() * s.depth());
  std::fill(data.mult.begin(), data.mult.end(), 0.01f / std::sqrt(depth));
  return data;
}

// A node as conv2d's Prepare sees it, with everything it points to.
struct WinogradNode {
  OpCase test;
  std::vector<const edgec::Tensor*> inputs;
  const edgec::Tensor* output;
  edgec::PrepareContext context;
  Conv2dTask<int8_t> task;

  WinogradNode(const Conv2dShape& s, const S8Data& data, IsaSet isa, uint32_t threads)
      : test(MakeS8Case(s, data)), output(&test.output.tensor), context{isa, threads} {
    for (const OpTensor& input : test.inputs) inputs.push_back(&input.tensor);
    const edgec::Node node{"conv2d_s8", "node", inputs.data(),      5,
                           &output,     1,      test.params.data(), 13};
    EDGEC_CHECK_EQ(ReadConv2dWindow(node, context, &task.window), EDGEC_OK);
    task.depth = s.c;
    task.columns = s.o;
    EDGEC_CHECK_EQ(BindIgemmOperands(node, context, edgec::kConv2dWindowParams + 1, &task),
                   EDGEC_OK);
  }

  const int32_t* bias() const { return test.inputs[2].as<int32_t>(); }

  void Run() {
    std::unique_ptr<edgec::Op> op;
    EDGEC_CHECK_EQ(MakeConv2dWinograd(task, bias(), context, &op), EDGEC_OK);
    edgec::ThreadPool pool(context.threads);
    const size_t bytes = (context.scratch_bytes_per_thread + 63) / 64 * 64;
    Guarded<uint8_t> scratch(bytes * context.threads);
    std::memset(scratch.data(), 0x55, scratch.size());
    EDGEC_CHECK_EQ(op->Run(edgec::RunContext{pool, scratch.data(), bytes}), EDGEC_OK);
  }
};

void CheckForced(const Conv2dShape& s, Isa isa, uint32_t threads) {
  const S8Data data = MakeSpreadData(s);
  WinogradNode node(s, data, IsaSet::Detect().LimitedTo(isa), threads);
  if (WinogradKernel(node.task) == nullptr) EDGEC_SKIP("Winograd is not for this one");
  node.Run();
  Describe("%s n=%u h=%u w=%u c=%u o=%u pads %d %d out %u %u threads=%u", node.context.kernel, s.n,
           s.h, s.w, s.c, s.o, s.pad_top, s.pad_left, s.out_h, s.out_w, threads);
  CheckS8Output(s, data, node.test.output.as<int8_t>());
}

EDGEC_TEST_EACH_ISA(conv2d_winograd_every_size_and_padding_gives_the_bytes_of_its_definition) {
  if (!IsaSet::Detect().Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (uint32_t h = 1; h <= 9; ++h) {
    for (uint32_t w = 1; w <= 9; ++w) {
      Conv2dShape s = Shape3x3(1 + h % 2, h, w, 1 + (h * 9 + w) % 40, 1 + (h * 5 + w * 3) % 37);
      s.pad_top = static_cast<int32_t>(w % 3);
      s.pad_left = static_cast<int32_t>((w + h) % 3);
      s.out_h = h + h % 3;  // taps past the far edges, too
      s.out_w = w + w % 2;
      CheckForced(s, isa, 1 + h % 2 * 2);
    }
  }
}

EDGEC_TEST_EACH_ISA(conv2d_winograd_windows_far_outside_see_only_padding) {
  if (!IsaSet::Detect().Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  Conv2dShape s = Shape3x3(1, 3, 2, 9, 5);
  s.pad_top = s.pad_left = 11;
  s.out_h = 20;
  s.out_w = 27;
  CheckForced(s, isa, 1);
}

// More columns than tiles: threads share the columns.
EDGEC_TEST_EACH_ISA(conv2d_winograd_threads_share_tiles_or_columns) {
  if (!IsaSet::Detect().Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (uint32_t threads = 1; threads <= 5; ++threads) {
    CheckForced(Shape3x3(1, 4, 6, 24, 130), isa, threads);
    CheckForced(Shape3x3(1, 29, 31, 5, 20), isa, threads);
  }
}

bool ChoosesWinograd(const Conv2dShape& s, const S8Data& data, Isa isa) {
  OpCase test = MakeS8Case(s, data);
  EDGEC_CHECK_EQ(test.Prepare(IsaSet::Detect().LimitedTo(isa), 1), EDGEC_OK);
  return std::strncmp(test.kernel, "winograd_s8_", 12) == 0;
}

EDGEC_TEST(conv2d_winograd_is_chosen_where_it_pays) {
  for (const Isa isa : {Isa::kAvx2, Isa::kAvx512vnni, Isa::kNeon}) {
    if (!IsaSet::Detect().Has(isa)) continue;
    const Conv2dShape large = Shape3x3(1, 16, 16, 64, 64);
    EDGEC_CHECK(ChoosesWinograd(large, MakeS8Data(large), isa));
    Conv2dShape s = large;  // a stride
    s.stride_h = 2;
    s.out_h = 8;
    EDGEC_CHECK(!ChoosesWinograd(s, MakeS8Data(s), isa));
    s = large;  // a dilation
    s.dilation_w = 2;
    EDGEC_CHECK(!ChoosesWinograd(s, MakeS8Data(s), isa));
    s = large;  // groups
    s.groups = 2;
    EDGEC_CHECK(!ChoosesWinograd(s, MakeS8Data(s), isa));
    s = Shape3x3(1, 1, 1, 64, 64);  // most of a tile is lost
    EDGEC_CHECK(!ChoosesWinograd(s, MakeS8Data(s), isa));
  }
  if (!IsaSet::Detect().Has(Isa::kNeondot)) return;
  const Conv2dShape large = Shape3x3(1, 16, 16, 64, 64);
  EDGEC_CHECK(!ChoosesWinograd(large, MakeS8Data(large), Isa::kNeondot));
}

// Whether Winograd is exact when the accumulators of one column reach `reach` for some x.
bool IsExactUpTo(int64_t reach) {
  constexpr uint32_t kChannels = 200;
  const Conv2dShape s = Shape3x3(1, 8, 8, kChannels, 3);
  S8Data data = MakeS8Data(s);
  const int64_t with_sign = reach < 0 ? 127 : -128, against = reach < 0 ? -128 : 127;
  int64_t products = 0;
  for (size_t p = 2 * 9 * kChannels; p < 3 * 9 * kChannels; ++p) {
    products += data.w[p] * (data.w[p] < 0 ? with_sign : against);
  }
  data.bias[2] = static_cast<int32_t>(reach - products);
  const WinogradNode node(s, data, IsaSet::Detect(), 1);
  return WinogradIsExact(node.task, node.bias());
}

EDGEC_TEST(conv2d_winograd_is_exact_up_to_2_to_the_25th) {
  EDGEC_CHECK(IsExactUpTo((1 << 25) - 1));
  EDGEC_CHECK(!IsExactUpTo(1 << 25));
  EDGEC_CHECK(IsExactUpTo(-(1 << 25)));
  EDGEC_CHECK(!IsExactUpTo(-(1 << 25) - 1));
}

EDGEC_TEST(conv2d_winograd_is_not_chosen_for_sums_that_may_be_too_large) {
  const Conv2dShape s = Shape3x3(1, 8, 8, 232, 16);  // 9 · 232 · 127 is above 2^18
  S8Data data = MakeS8Data(s);
  std::fill(data.w.begin(), data.w.end(), int8_t{127});
  std::fill(data.bias.begin(), data.bias.end(), 0);
  OpCase test = MakeS8Case(s, data);
  EDGEC_CHECK_EQ(test.Prepare(IsaSet::Detect(), 1), EDGEC_OK);
  EDGEC_CHECK(std::strncmp(test.kernel, "igemm_s8_", 9) == 0);
  std::fill(data.w.begin(), data.w.end(), int8_t{112});
  if (WinogradPays(WinogradNode(s, data, IsaSet::Detect(), 1).task, data.bias.data())) {
    OpCase smaller = MakeS8Case(s, data);
    EDGEC_CHECK_EQ(smaller.Prepare(IsaSet::Detect(), 1), EDGEC_OK);
    EDGEC_CHECK(std::strncmp(smaller.kernel, "winograd_s8_", 12) == 0);
  }
}

}  // namespace
}  // namespace edgec_test
