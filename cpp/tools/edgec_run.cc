// edgec-run: runs a model on files. Exit code 0: fine; 1: an error, in one line on stderr; 2:
// --expect differs.
#include <cstdio>
#include <cstring>
#include <string>

#include "arguments.h"
#include "base/status.h"
#include "compare.h"
#include "npy.h"
#include "session.h"

namespace edgec {
namespace {

constexpr char kHelp[] =
    "usage: edgec-run MODEL [options]\n"
    "Runs a model once. Files are .npy, one --input per model input, in order. Inputs that are k\n"
    "times as long in their first dimension give k runs and outputs that are stacked in that way.\n"
    "  --input FILE      fills the next input\n"
    "  --output FILE     writes the next output\n"
    "  --expect FILE     compares the next output; exit code 2 if it differs\n"
    "  --answers FILE    writes which output holds the answer, a number per run: that of the "
    "early\n"
    "                    exit that ended it, else of the whole network\n"
    "  --expect-answers FILE\n"
    "                    compares them; exit code 2 if one differs\n"
    "  --tolerance T     largest difference that --expect allows (0)\n"
    "  --threads N       threads, 1 to 256 (1)\n"
    "  --isa NAME        highest instruction set to use (the best one); .edgec only\n"
    "  --runtime-library PATH  what runs a model of another kind (../lib beside this program)\n"
    "  --info            describes the model as JSON, runs nothing\n"
    "  --list-isa        instruction sets built in and on this CPU, needs no model\n";

struct Options {
  Session session;
  std::vector<const char*> inputs, outputs, expected;
  const char* answers = nullptr;
  const char* expected_answers = nullptr;
  double tolerance = 0;
  bool info = false, list_isa = false, help = false;
};

// The outputs of all runs, each output's stacked along its first dimension.
struct Outputs {
  std::vector<edgec_tensor_info> infos;
  std::vector<std::vector<uint8_t>> values;
  std::vector<int32_t> answers;  // of each run, the output that holds it
};

edgec_status ParseOne(Arguments& arguments, Options* options) {
  if (arguments.Is("--input")) return arguments.Append(&options->inputs);
  if (arguments.Is("--output")) return arguments.Append(&options->outputs);
  if (arguments.Is("--expect")) return arguments.Append(&options->expected);
  if (arguments.Is("--answers")) return arguments.Text(&options->answers);
  if (arguments.Is("--expect-answers")) return arguments.Text(&options->expected_answers);
  if (arguments.Is("--tolerance")) return arguments.Number(&options->tolerance);
  if (arguments.Is("--info")) return options->info = true, EDGEC_OK;
  if (arguments.Is("--list-isa")) return options->list_isa = true, EDGEC_OK;
  if (arguments.Is("--help")) return options->help = true, EDGEC_OK;
  bool known;
  const edgec_status status = ParseSessionOption(arguments, &options->session, &known);
  return known ? status : arguments.Unknown();
}

edgec_status Parse(Arguments arguments, Options* options) {
  while (arguments.Next()) {
    if (const edgec_status status = ParseOne(arguments, options)) return status;
  }
  if (options->session.path == nullptr && !options->list_isa && !options->help) {
    return Fail(EDGEC_E_ARGUMENT, "no model given; --help shows how");
  }
  return EDGEC_OK;
}

void DescribeTensor(const edgec_tensor_info& info, Json* json) {
  json->BeginObject();
  json->String("name", info.name);
  json->String("dtype", DtypeName(info.dtype));
  json->BeginArray("shape");
  for (uint32_t i = 0; i < info.rank; ++i) json->Unsigned(nullptr, info.dims[i]);
  json->EndArray();
  json->Unsigned("bytes", info.bytes);
  json->Float("scale", info.scale);
  json->Integer("zero_point", info.zero_point);
  json->EndObject();
}

edgec_status PrintInfo(const Session& session) {
  const Runner& model = *session.model;
  Json json(stdout);
  json.BeginObject();
  DescribeIdentity(session, &json);
  edgec_tensor_info tensor;
  json.BeginArray("inputs");
  for (uint32_t i = 0; model.InputInfo(i, &tensor) == EDGEC_OK; ++i) {
    DescribeTensor(tensor, &json);
  }
  json.EndArray();
  json.BeginArray("outputs");
  for (uint32_t i = 0; model.OutputInfo(i, &tensor) == EDGEC_OK; ++i) {
    DescribeTensor(tensor, &json);
  }
  json.EndArray();
  json.BeginArray("layers");
  edgec_layer_info layer;
  for (uint32_t i = 0; i < model.layer_count(); ++i) {
    if (const edgec_status status = model.LayerInfo(i, &layer)) return status;
    json.BeginObject();
    DescribeLayer(layer, &json);
    json.EndObject();
  }
  json.EndArray();
  json.BeginObject("memory");
  DescribeMemory(model, &json);
  json.EndObject();
  json.EndObject();
  return json.Finish() ? EDGEC_OK : Fail(EDGEC_E_OPEN, "cannot write to the standard output");
}

edgec_status CheckOutputCounts(const Options& options) {
  const size_t count = options.session.model->output_count();
  if (options.outputs.size() > count || options.expected.size() > count) {
    return Fail(EDGEC_E_ARGUMENT, "%zu --output and %zu --expect given, the model has %zu outputs",
                options.outputs.size(), options.expected.size(), count);
  }
  return EDGEC_OK;
}

edgec_status RunAll(Runner& model, const InputFiles& files, Outputs* outputs) {
  outputs->infos.resize(model.output_count());
  outputs->values.resize(outputs->infos.size());
  for (uint64_t sample = 0; sample < files.samples(); ++sample) {
    for (uint32_t i = 0; i < model.input_count(); ++i) files.Fill(model, i, sample);
    if (const edgec_status status = model.Run()) return status;
    outputs->answers.push_back(static_cast<int32_t>(model.answer()));
    for (uint32_t i = 0; i < outputs->infos.size(); ++i) {
      model.OutputInfo(i, &outputs->infos[i]);
      const uint8_t* data = static_cast<const uint8_t*>(model.OutputData(i));
      std::vector<uint8_t>& values = outputs->values[i];
      values.insert(values.end(), data, data + outputs->infos[i].bytes);
    }
  }
  for (edgec_tensor_info& info : outputs->infos) {
    info.bytes *= files.samples();
    if (info.rank == 0 && files.samples() > 1) info.dims[info.rank++] = 1;
    if (info.rank > 0) info.dims[0] *= static_cast<uint32_t>(files.samples());
  }
  return EDGEC_OK;
}

edgec_tensor_info AnswersInfo(const Outputs& outputs) {
  edgec_tensor_info info{};
  info.dtype = EDGEC_S32;
  info.rank = 1;
  info.dims[0] = static_cast<uint32_t>(outputs.answers.size());
  info.bytes = outputs.answers.size() * sizeof(int32_t);
  return info;
}

edgec_status WriteOutputs(const Options& options, const Outputs& outputs) {
  for (uint32_t i = 0; i < options.outputs.size(); ++i) {
    const edgec_status status =
        WriteNpy(options.outputs[i], outputs.infos[i], outputs.values[i].data());
    if (status) return status;
  }
  if (options.answers == nullptr) return EDGEC_OK;
  return WriteNpy(options.answers, AnswersInfo(outputs), outputs.answers.data());
}

// What a run gave, and its name in messages.
struct Given {
  const char* what;
  edgec_tensor_info info;
  const void* data;
};

// Sets *differs and says where.
edgec_status CompareWith(const char* path, const Given& given, double tolerance, bool* differs) {
  Array expected;
  if (const edgec_status status = ReadNpy(path, &expected)) return status;
  const edgec_tensor_info& info = given.info;
  if (!HasShape(expected, info)) {
    char found[128], wanted[128];
    ShapeText(info.dtype, info.rank, info.dims, found);
    ShapeText(expected.dtype, expected.rank, expected.dims, wanted);
    return Fail(EDGEC_E_ARGUMENT, "%s is %s, '%s' is %s", given.what, found, path, wanted);
  }
  const Difference d = Compare(given.data, expected, tolerance);
  if (d.count == 0) return EDGEC_OK;
  *differs = true;
  Fail(EDGEC_OK,
       "%s: %llu values differ by more than %g, by up to %g; the first, at %llu, is "
       "%.9g and should be %.9g",
       given.what, static_cast<unsigned long long>(d.count), tolerance, d.largest,
       static_cast<unsigned long long>(d.first), d.got, d.expected);
  std::fprintf(stderr, "edgec-run: %s\n", LastError());
  return EDGEC_OK;
}

edgec_status CompareAll(const Options& options, const Outputs& outputs, bool* differs) {
  for (uint32_t i = 0; i < options.expected.size(); ++i) {
    const std::string what =
        "output " + std::to_string(i) + " '" + std::string(outputs.infos[i].name) + "'";
    const Given given = {what.c_str(), outputs.infos[i], outputs.values[i].data()};
    if (const edgec_status status =
            CompareWith(options.expected[i], given, options.tolerance, differs)) {
      return status;
    }
  }
  if (options.expected_answers == nullptr) return EDGEC_OK;
  const Given given = {"the output that answers", AnswersInfo(outputs), outputs.answers.data()};
  return CompareWith(options.expected_answers, given, 0, differs);
}

edgec_status Execute(Options* options, bool* differs) {
  Session& session = options->session;
  if (const edgec_status status = session.Load()) return status;
  if (options->info) return PrintInfo(session);
  InputFiles files;
  Outputs outputs;
  edgec_status status = CheckOutputCounts(*options);
  if (!status) status = files.Open(*session.model, options->inputs);
  if (!status) status = RunAll(*session.model, files, &outputs);
  if (!status) status = WriteOutputs(*options, outputs);
  if (!status) status = CompareAll(*options, outputs, differs);
  return status;
}

int Main(int count, char** values) {
  Options options;
  bool differs = false;
  edgec_status status = Parse(Arguments(count, values), &options);
  if (!status && options.help) return std::fputs(kHelp, stdout) < 0;
  if (!status && options.list_isa) {
    for (uint32_t i = 0; edgec_isa_name(i) != nullptr; ++i) std::puts(edgec_isa_name(i));
    return 0;
  }
  if (!status) status = Execute(&options, &differs);
  if (!status) return differs ? 2 : 0;
  std::fprintf(stderr, "edgec-run: %s: %s\n", StatusName(status), LastError());
  return 1;
}

}  // namespace
}  // namespace edgec

int main(int count, char** values) { return edgec::Main(count, values); }
