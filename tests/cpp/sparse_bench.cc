// Time of block-sparse layers over dense ones, whole ops as a model runs them: sparse_bench
// [part of an ISA's name] [--mark]. Weights have 0 to 90 % of their blocks zero, by chance. Dense
// and sparse alternate on one thread; a line shows the dense time and dense / sparse for each share
// of zeros. --mark runs each op once and puts system call 7777, which no kernel has, around it: for
// plugins of emulators that count instructions.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "conv2d_case.h"
#include "kernels/sparse_igemm_s8/sparse_igemm_s8_table.h"
#include "sparse_blocks.h"

namespace {

using namespace edgec_test;

struct Layer {
  const char* name;
  uint32_t rows, k, n;
};

constexpr Layer kLayers[] = {
    {"1x1 56x56 96>24", 3136, 96, 24},     {"1x1 28x28 144>32", 784, 144, 32},
    {"1x1 14x14 384>64", 196, 384, 64},    {"1x1 14x14 576>96", 196, 576, 96},
    {"1x1 7x7 960>160", 49, 960, 160},     {"1x1 7x7 160>960", 49, 160, 960},
    {"fc 128 x 256>1024", 128, 256, 1024}, {"fc 128 x 1024>256", 128, 1024, 256}};
constexpr int kZeros[] = {0, 30, 50, 75, 90};  // percent
constexpr int kRounds = 15;

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// An op that was prepared once, and its memory.
class Prepared {
 public:
  Prepared(OpCase made, edgec::IsaSet isa) : case_(std::move(made)) {
    for (const OpTensor& input : case_.inputs) inputs_.push_back(&input.tensor);
    output_ = &case_.output.tensor;
    const edgec::Node node{
        case_.op, "node", inputs_.data(),      static_cast<uint32_t>(inputs_.size()),
        &output_, 1,      case_.params.data(), static_cast<uint32_t>(case_.params.size())};
    edgec::PrepareContext context{isa, 1};
    if (edgec::FindOp(case_.op)(node, context, &op_) != EDGEC_OK) {
      std::fprintf(stderr, "%s: %s\n", case_.op, context.error);
      std::abort();
    }
    kernel = context.kernel;
    scratch_.resize(context.scratch_bytes_per_thread + 64);
  }

  void Run() {
    uint8_t* aligned = scratch_.data() + (64 - reinterpret_cast<uintptr_t>(scratch_.data()) % 64);
    op_->Run(edgec::RunContext{pool_, aligned, scratch_.size() - 64});
  }

  // Of one run, over enough runs for the clock.
  double Seconds() {
    int runs = 0;
    const double began = CpuSeconds();
    double now;
    do {
      Run();
      ++runs;
      now = CpuSeconds();
    } while (now - began < 1e-3);
    return (now - began) / runs;
  }

  const char* kernel;

 private:
  OpCase case_;
  std::vector<const edgec::Tensor*> inputs_;
  const edgec::Tensor* output_;
  std::unique_ptr<edgec::Op> op_;
  std::vector<uint8_t> scratch_;
  edgec::ThreadPool pool_{1};
};

// A fully connected layer of these weights; they and their companions are the caller's to add.
OpCase MakeLayer(const char* op, const Layer& layer, std::vector<OpTensor> weights) {
  const uint32_t padded = static_cast<uint32_t>(Padded(layer.n));
  Random random(1);
  std::vector<int8_t> x(size_t{layer.rows} * layer.k);
  FillRandom(&x, &random);
  OpCase made;
  made.op = op;
  made.inputs.push_back(MakeTensor<int8_t>({layer.rows, layer.k}, x));
  for (OpTensor& tensor : weights) made.inputs.push_back(std::move(tensor));
  const std::vector<int32_t> zeros(padded);
  made.inputs.push_back(MakeConstant<int32_t>({1, padded}, zeros));
  made.inputs.push_back(MakeConstant<int32_t>({1, padded}, zeros));
  made.inputs.push_back(MakeConstant<float>({1, padded}, std::vector<float>(padded, 1e-4f)));
  made.output = MakeTensor<int8_t>({layer.rows, layer.n});
  made.params = {0, 0, -128, 127};
  return made;
}

OpCase MakeDense(const Layer& layer) {
  const uint32_t groups = static_cast<uint32_t>(Padded(layer.n)) / 16;
  std::vector<OpTensor> weights;
  weights.push_back(MakeConstant<int8_t>({1, groups, layer.k / 4, 16, 4},
                                         std::vector<int8_t>(size_t{groups} * layer.k * 16, 3),
                                         edgec::Layout::kS8x16c4));
  return MakeLayer("fully_connected_s8", layer, std::move(weights));
}

OpCase MakeSparse(const Layer& layer, size_t columns, int zeros) {
  Random random(static_cast<uint64_t>(zeros) + 1);
  const size_t steps = layer.k / 4, groups = (layer.n + columns - 1) / columns;
  std::vector<bool> kept(groups * steps);
  for (size_t i = 0; i < kept.size(); ++i) kept[i] = random.Within(0, 99) >= zeros;
  const SparseBlocks made = MakeSparseBlocks(
      columns, layer.n, 1, layer.k, [](size_t, size_t, size_t) { return int8_t{3}; },
      [&](size_t group, size_t, size_t block) { return kept[group * steps + block]; });
  const uint32_t blocks = static_cast<uint32_t>(made.deltas.size());
  std::vector<OpTensor> weights;
  weights.push_back(MakeConstant<int8_t>({blocks, static_cast<uint32_t>(columns), 4}, made.blocks,
                                         edgec::Layout::kS8Block));
  weights.push_back(MakeConstant<uint32_t>({static_cast<uint32_t>(groups), 1}, made.counts));
  weights.push_back(MakeConstant<uint8_t>({blocks}, made.deltas));
  return MakeLayer("sparse_fully_connected_s8", layer, std::move(weights));
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + kRounds / 2, values.end());
  return values[kRounds / 2];
}

void Compare(const Layer& layer, size_t columns, edgec::IsaSet isa) {
  Prepared dense(MakeDense(layer), isa);
  std::vector<std::unique_ptr<Prepared>> sparse;
  for (const int zeros : kZeros) {
    sparse.emplace_back(new Prepared(MakeSparse(layer, columns, zeros), isa));
  }
  std::vector<double> dense_times;
  std::vector<std::vector<double>> ratios(sparse.size());
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < sparse.size(); ++i) {
      const double reference = dense.Seconds();
      dense_times.push_back(reference);
      ratios[i].push_back(reference / sparse[i]->Seconds());
    }
  }
  std::printf("%-32s %-18s %8.1f us", sparse[0]->kernel, layer.name, Median(dense_times) * 1e6);
  for (const auto& values : ratios) std::printf("  %5.2f", Median(values));
  std::printf("\n");
  std::fflush(stdout);
}

void MarkOne(OpCase made, edgec::IsaSet isa, int label) {
  Prepared op(std::move(made), isa);
  op.Run();
  syscall(7777, 0);
  op.Run();
  syscall(7777, label);
}

// Labels: layer · 1000 + zeros, and layer · 1000 + 999 for dense.
void Mark(const Layer& layer, size_t columns, edgec::IsaSet isa) {
  const int first = static_cast<int>(&layer - kLayers + 1) * 1000;
  MarkOne(MakeDense(layer), isa, first + 999);
  for (const int zeros : kZeros) {
    MarkOne(MakeSparse(layer, columns, zeros), isa, first + zeros);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const char* wanted = count > 1 ? arguments[1] : "";
  const bool mark = count > 2 && std::strcmp(arguments[2], "--mark") == 0;
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  for (const auto& kernel : edgec::SparseIgemmS8Kernels()) {
    if (!all.Has(kernel.isa) || kernel.columns == 0 || !std::strstr(kernel.name, wanted)) continue;
    if (!mark) std::printf("%% of blocks that are zero: 0, 30, 50, 75, 90; dense / sparse\n");
    for (const Layer& layer : kLayers) {
      if (mark) {
        Mark(layer, kernel.columns, all.LimitedTo(kernel.isa));
      } else {
        Compare(layer, kernel.columns, all.LimitedTo(kernel.isa));
      }
    }
  }
  return 0;
}
