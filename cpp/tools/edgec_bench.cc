// edgec-bench: what a model costs on this machine, every sample of it, as JSON.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "arguments.h"
#include "base/clock.h"
#include "base/status.h"
#include "roofline.h"
#include "serve.h"
#include "session.h"
#include "timed_run.h"

namespace edgec {
namespace {

constexpr char kSchema[] = "edgec-bench/1";
constexpr char kHelp[] =
    "usage: edgec-bench MODEL [options]\n"
    "Runs a model repeatedly and prints every sample as JSON (schema edgec-bench/1).\n"
    "  --input FILE.npy      one per model input, in order (random values from a fixed seed);\n"
    "                        several samples in a file are run in turn\n"
    "  --warmup-s S          runs for as long before anything is counted (0.5)\n"
    "  --min-time-s S        measures for at least as long (2)\n"
    "  --max-time-s S        and never longer (60)\n"
    "  --min-iterations N    and as often (20)\n"
    "  --threads N           threads, 1 to 256 (1)\n"
    "  --isa NAME            highest instruction set to use (the best one); .edgec only\n"
    "  --runtime-library PATH  what runs a model of another kind (../lib beside this program)\n"
    "  --profile             adds times per layer, from runs of their own, and the least time "
    "that\n"
    "                        this machine's peak allows, from a measurement of its own\n"
    "  --serve               measures when told so on the standard input: 'run SECONDS', 'quit'\n"
    "  --roofline            measures this machine's peak only, needs no model\n";

struct Options {
  Session session;
  std::vector<const char*> inputs;
  double warmup_s = 0.5, min_time_s = 2, max_time_s = 60;
  uint32_t min_iterations = 20;
  bool profile = false, serve = false, roofline = false, help = false;
};

struct Result {
  uint64_t load_ns = 0, first_ns = 0, warmup_iterations = 0;
  uint64_t timed_from_boot_ns = 0, timed_to_boot_ns = 0;  // the part that samples_ns is from
  std::vector<uint64_t> samples_ns;
  std::vector<uint32_t> answers;  // of each sample, the output that held the answer
  uint64_t peak_rss_bytes = 0;
  Roofline roofline;                      // as the next one:
  std::vector<uint64_t> layer_median_ns;  // empty without --profile
};

edgec_status ParseOne(Arguments& arguments, Options* options) {
  if (arguments.Is("--input")) return arguments.Append(&options->inputs);
  if (arguments.Is("--warmup-s")) return arguments.Number(&options->warmup_s);
  if (arguments.Is("--min-time-s")) return arguments.Number(&options->min_time_s);
  if (arguments.Is("--max-time-s")) return arguments.Number(&options->max_time_s);
  if (arguments.Is("--min-iterations")) {
    return arguments.Count(1, 1000000000, &options->min_iterations);
  }
  if (arguments.Is("--profile")) return options->profile = true, EDGEC_OK;
  if (arguments.Is("--serve")) return options->serve = true, EDGEC_OK;
  if (arguments.Is("--roofline")) return options->roofline = true, EDGEC_OK;
  if (arguments.Is("--help")) return options->help = true, EDGEC_OK;
  bool known;
  const edgec_status status = ParseSessionOption(arguments, &options->session, &known);
  return known ? status : arguments.Unknown();
}

edgec_status Parse(Arguments arguments, Options* options) {
  while (arguments.Next()) {
    if (const edgec_status status = ParseOne(arguments, options)) return status;
  }
  if (options->session.path == nullptr && !options->help && !options->roofline) {
    return Fail(EDGEC_E_ARGUMENT, "no model given; --help shows how");
  }
  return EDGEC_OK;
}

edgec_status WarmUp(const Options& options, Inputs& inputs, Result* result) {
  Runner& model = *options.session.model;
  if (const edgec_status status = TimedRun(model, inputs, &result->first_ns)) return status;
  const uint64_t started_ns = NowNs();
  while (NowNs() - started_ns < Nanoseconds(options.warmup_s)) {
    uint64_t ignored_ns;
    if (const edgec_status status = TimedRun(model, inputs, &ignored_ns)) return status;
    ++result->warmup_iterations;
  }
  return EDGEC_OK;
}

edgec_status Measure(const Options& options, Inputs& inputs, Result* result) {
  Runner& model = *options.session.model;
  const uint64_t started_ns = NowNs();
  result->timed_from_boot_ns = BootNs();
  for (;;) {
    uint64_t sample_ns;
    if (const edgec_status status = TimedRun(model, inputs, &sample_ns)) return status;
    result->samples_ns.push_back(sample_ns);
    result->answers.push_back(model.answer());
    result->timed_to_boot_ns = BootNs();
    const uint64_t elapsed_ns = NowNs() - started_ns;
    if (elapsed_ns >= Nanoseconds(options.max_time_s)) return EDGEC_OK;
    if (elapsed_ns >= Nanoseconds(options.min_time_s) &&
        result->samples_ns.size() >= options.min_iterations) {
      return EDGEC_OK;
    }
  }
}

uint64_t Median(std::vector<uint64_t>* values) {
  const auto middle = values->begin() + static_cast<ptrdiff_t>(values->size() / 2);
  std::nth_element(values->begin(), middle, values->end());
  return *middle;
}

// As many iterations as a second holds, an odd number from 5 to 101.
uint32_t ProfileIterations(std::vector<uint64_t> samples_ns) {
  const uint64_t per_second = 1000000000 / std::max<uint64_t>(Median(&samples_ns), 1);
  return static_cast<uint32_t>(std::min<uint64_t>(std::max<uint64_t>(per_second, 5), 101)) | 1;
}

edgec_status Profile(const Options& options, Inputs& inputs, Result* result) {
  Runner& model = *options.session.model;
  const uint32_t layer_count = model.layer_count();
  if (layer_count == 0) return EDGEC_OK;
  std::vector<std::vector<uint64_t>> times_ns(layer_count);
  if (const edgec_status status = result->roofline.Measure(model.identity().isa)) return status;
  model.SetProfiling(true);
  for (uint32_t i = 0; i < ProfileIterations(result->samples_ns); ++i) {
    inputs.Refill();
    if (const edgec_status status = model.Run()) return status;
    for (uint32_t k = 0; k < layer_count; ++k) {
      edgec_layer_info layer;
      if (const edgec_status status = model.LayerInfo(k, &layer)) return status;
      times_ns[k].push_back(layer.last_ns);
    }
  }
  for (std::vector<uint64_t>& times : times_ns) result->layer_median_ns.push_back(Median(&times));
  return EDGEC_OK;
}

// Which output answered in each sample, in their order, and all outputs' names.
void PrintAnswers(const Runner& model, const Result& result, Json* json) {
  if (!model.has_exits()) return;
  json->BeginArray("output_names");
  edgec_tensor_info info;
  for (uint32_t i = 0; model.OutputInfo(i, &info) == EDGEC_OK; ++i) {
    json->String(nullptr, info.name);
  }
  json->EndArray();
  json->BeginArray("answers");
  for (const uint32_t answer : result.answers) json->Unsigned(nullptr, answer);
  json->EndArray();
}

edgec_status PrintLayers(const Session& session, const Result& result, Json* json) {
  json->BeginArray("layers");
  for (uint32_t i = 0; i < result.layer_median_ns.size(); ++i) {
    edgec_layer_info layer;
    if (const edgec_status status = session.model->LayerInfo(i, &layer)) return status;
    bool compute;
    const uint64_t least_ns = result.roofline.LeastNs(layer, session.options.threads, &compute);
    json->BeginObject();
    DescribeLayer(layer, json);
    json->Unsigned("median_ns", result.layer_median_ns[i]);
    json->Unsigned("roofline_ns", least_ns);
    json->String("bound", compute ? "compute" : "memory");
    json->EndObject();
  }
  json->EndArray();
  if (!result.layer_median_ns.empty()) result.roofline.Describe(json);
  return EDGEC_OK;
}

edgec_status Print(const Session& session, const Result& result) {
  Json json(stdout);
  json.BeginObject();
  json.String("schema", kSchema);
  DescribeIdentity(session, &json);
  json.Unsigned("load_ns", result.load_ns);
  json.Unsigned("first_ns", result.first_ns);
  json.Unsigned("warmup_iterations", result.warmup_iterations);
  json.BeginArray("timed_boottime_ns");
  json.Unsigned(nullptr, result.timed_from_boot_ns);
  json.Unsigned(nullptr, result.timed_to_boot_ns);
  json.EndArray();
  json.BeginArray("samples_ns");
  for (const uint64_t sample_ns : result.samples_ns) json.Unsigned(nullptr, sample_ns);
  json.EndArray();
  PrintAnswers(*session.model, result, &json);
  if (const edgec_status status = PrintLayers(session, result, &json)) return status;
  json.BeginObject("memory");
  DescribeMemory(*session.model, &json);
  json.Unsigned("peak_rss_bytes", result.peak_rss_bytes);
  json.EndObject();
  json.String("clock", "CLOCK_MONOTONIC");
  json.EndObject();
  return json.Finish() ? EDGEC_OK : Fail(EDGEC_E_OPEN, "cannot write to the standard output");
}

edgec_status PrintRoofline(const Options& options) {
  const char* asked = options.session.options.isa;
  const char* isa = asked == nullptr ? BestIsa() : asked;
  Roofline roofline;
  if (const edgec_status status = roofline.Measure(isa)) return status;
  Json json(stdout);
  json.BeginObject();
  json.String("schema", kSchema);
  json.String("isa", isa);
  roofline.Describe(&json);
  json.EndObject();
  return json.Finish() ? EDGEC_OK : Fail(EDGEC_E_OPEN, "cannot write to the standard output");
}

edgec_status Execute(Options* options) {
  if (options->roofline) return PrintRoofline(*options);
  Result result;
  Inputs inputs;
  const uint64_t started_ns = NowNs();
  edgec_status status = options->session.Load();
  result.load_ns = NowNs() - started_ns;
  if (!status) status = inputs.Prepare(options->session.model.get(), options->inputs);
  if (!status && options->serve) return Serve(options->session, inputs, result.load_ns);
  if (!status) status = WarmUp(*options, inputs, &result);
  if (!status) status = Measure(*options, inputs, &result);
  result.peak_rss_bytes = PeakRssBytes();  // before the roofline takes memory of its own
  if (!status && options->profile) status = Profile(*options, inputs, &result);
  return status ? status : Print(options->session, result);
}

int Main(int count, char** values) {
  Options options;
  edgec_status status = Parse(Arguments(count, values), &options);
  if (!status && options.help) return std::fputs(kHelp, stdout) < 0;
  if (!status) status = Execute(&options);
  if (!status) return 0;
  std::fprintf(stderr, "edgec-bench: %s: %s\n", StatusName(status), LastError());
  return 1;
}

}  // namespace
}  // namespace edgec

int main(int count, char** values) { return edgec::Main(count, values); }
