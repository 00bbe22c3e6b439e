// The reader: what it takes, and the status for every way to be malformed that can be told without
// ops.
#include "format/model_file.h"

#include "base/status.h"
#include "check.h"
#include "model_builder.h"

namespace {

using edgec_test::AlignedBytes;
using edgec_test::ModelBuilder;
using edgec_test::Seal;
using edgec_test::SmallModel;
using edgec_test::TensorSpec;

edgec_status Read(const std::vector<uint8_t>& bytes) {
  const AlignedBytes aligned(bytes);
  edgec::ModelFile file;
  return edgec::ReadModelFile(aligned.data(), aligned.size(), &file);
}

void CheckRefused(const char* what, const std::vector<uint8_t>& bytes, edgec_status expected) {
  edgec_test::Describe("%s", what);
  EDGEC_CHECK_EQ(edgec::StatusName(Read(bytes)), edgec::StatusName(expected));
  EDGEC_CHECK(edgec::LastError()[0] != '\0');
}

template <class F>
void CheckModel(const char* what, edgec_status expected, F change) {
  ModelBuilder model = SmallModel();
  change(model);
  CheckRefused(what, model.Build(), expected);
}

// Changes bytes of the header of a right file; the sizes and the checksum are made right again if
// `seal`.
template <class T>
void CheckHeader(const char* what, edgec_status expected, size_t offset, T value, bool seal) {
  std::vector<uint8_t> bytes = SmallModel().Build();
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
  if (seal) Seal(&bytes);
  CheckRefused(what, bytes, expected);
}

// Bytes of the metadata, sealed.
void CheckMetadata(const char* what, edgec_status expected, size_t offset, uint8_t value) {
  std::vector<uint8_t> bytes = SmallModel().Build();
  bytes[sizeof(edgec::Header) + offset] = value;
  Seal(&bytes);
  CheckRefused(what, bytes, expected);
}

EDGEC_TEST(ARightFileIsReadCompletely) {
  const AlignedBytes bytes(SmallModel().Build());
  edgec::ModelFile file;
  EDGEC_CHECK_EQ(edgec::ReadModelFile(bytes.data(), bytes.size(), &file), EDGEC_OK);
  EDGEC_CHECK_EQ(file.name, "test");
  EDGEC_CHECK_EQ(file.producer, "model_builder.h");
  EDGEC_CHECK_EQ(file.tensors.size(), 4u);
  EDGEC_CHECK_EQ(file.tensors[1].name, "table");
  EDGEC_CHECK(file.tensors[1].constant);
  EDGEC_CHECK_EQ(file.tensors[1].bytes, 256u);
  EDGEC_CHECK_EQ(file.tensors[0].dims[1], 3u);
  EDGEC_CHECK_EQ(file.tensors[0].scale, 0.5f);
  EDGEC_CHECK_EQ(file.tensors[0].zero_point, -3);
  EDGEC_CHECK_EQ(file.nodes.size(), 2u);
  EDGEC_CHECK_EQ(file.nodes[1].op, "reshape");
  EDGEC_CHECK_EQ(file.nodes[0].inputs[1], 1);
  EDGEC_CHECK_EQ(file.outputs[0], 3u);
}

EDGEC_TEST(EveryPrefixOfARightFileIsRefused) {
  const std::vector<uint8_t> whole = SmallModel().Build();
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<uint8_t> prefix(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    edgec_test::Describe("%zu of %zu bytes", size, whole.size());
    const edgec_status status = Read(prefix);
    EDGEC_CHECK(status == EDGEC_E_TRUNCATED || status == EDGEC_E_FILE_SIZE);
    std::vector<uint8_t> sealed = prefix;
    Seal(&sealed);
    EDGEC_CHECK(Read(sealed) != EDGEC_OK);
  }
}

EDGEC_TEST(AForeignFileIsNotAnEdgecFile) {
  const std::vector<uint8_t> text = {'h', 'e', 'l', 'l', 'o'};
  CheckRefused("text", text, EDGEC_E_MAGIC);
  CheckRefused("empty", {}, EDGEC_E_TRUNCATED);
  CheckHeader<uint8_t>("magic", EDGEC_E_MAGIC, 7, '\r', false);
}

EDGEC_TEST(EveryHeaderFieldIsChecked) {
  CheckHeader<uint16_t>("major 1", EDGEC_E_VERSION, 8, 1, false);
  CheckHeader<uint16_t>("major 0", EDGEC_E_VERSION, 8, 0, false);
  CheckHeader<uint32_t>("metadata_bytes odd", EDGEC_E_HEADER, 12, 30, false);
  CheckHeader<uint32_t>("metadata_bytes huge", EDGEC_E_HEADER, 12, (1u << 26) + 4, false);
  CheckHeader<uint32_t>("metadata_bytes past the end", EDGEC_E_TRUNCATED, 12, 4096, false);
  CheckHeader<uint64_t>("file_bytes", EDGEC_E_FILE_SIZE, 16, 4096, false);
  CheckHeader<uint32_t>("checksum", EDGEC_E_CHECKSUM, 24, 1, false);
  CheckHeader<uint32_t>("no tensors", EDGEC_E_HEADER, 28, 0, true);
  CheckHeader<uint32_t>("too many tensors", EDGEC_E_HEADER, 28, 65537, true);
  CheckHeader<uint32_t>("too many nodes", EDGEC_E_HEADER, 32, 65537, true);
  CheckHeader<uint16_t>("no inputs", EDGEC_E_HEADER, 36, 0, true);
  CheckHeader<uint16_t>("too many outputs", EDGEC_E_HEADER, 38, 257, true);
  CheckHeader<uint64_t>("arena not aligned", EDGEC_E_HEADER, 40, 65, true);
  CheckHeader<uint64_t>("arena huge", EDGEC_E_HEADER, 40, (uint64_t{1} << 32) + 64, true);
  CheckHeader<uint8_t>("reserved", EDGEC_E_HEADER, 63, 1, true);
}

EDGEC_TEST(AHigherMinorVersionIsRead) {
  std::vector<uint8_t> bytes = SmallModel().Build();
  bytes[10] = 9;
  EDGEC_CHECK_EQ(Read(bytes), EDGEC_OK);
}

EDGEC_TEST(TheStreamMustEndWhereItSays) {
  CheckHeader<uint32_t>("one node more", EDGEC_E_METADATA, 32, 3, true);
  CheckHeader<uint32_t>("one node less", EDGEC_E_METADATA, 32, 1, true);
  CheckHeader<uint16_t>("one output more", EDGEC_E_METADATA, 38, 2, true);
}

EDGEC_TEST(StringsAreChecked) {
  CheckMetadata("long", EDGEC_E_METADATA, 1, 5);  // the length becomes 4 + 5 · 256
  CheckMetadata("NUL", EDGEC_E_METADATA, 5, 0);
  CheckMetadata("not UTF-8", EDGEC_E_METADATA, 5, 0xFF);
  CheckMetadata("UTF-8 cut off", EDGEC_E_METADATA, 7, 0xC3);
  CheckMetadata("padding", EDGEC_E_METADATA, 8 + 4 + 15, 1);  // behind "model_builder.h"
  CheckModel("surrogate", EDGEC_E_METADATA, [](ModelBuilder& m) { m.name = "\xED\xA0\x80"; });
  CheckModel("overlong", EDGEC_E_METADATA, [](ModelBuilder& m) { m.name = "\xC0\xAF"; });
  CheckModel("too large", EDGEC_E_METADATA, [](ModelBuilder& m) { m.name = "\xF4\x90\x80\x80"; });
  ModelBuilder right = SmallModel();
  right.name = "caf\xC3\xA9 \xE2\x86\x92 \xF0\x9F\x98\x80";
  EDGEC_CHECK_EQ(Read(right.Build()), EDGEC_OK);
}

EDGEC_TEST(TensorTypesAreChecked) {
  const edgec_status expected = EDGEC_E_TENSOR_TYPE;
  CheckModel("dtype", expected, [](ModelBuilder& m) { m.tensors[0].dtype = 14; });
  CheckModel("kind", expected, [](ModelBuilder& m) { m.tensors[0].kind = 2; });
  CheckModel("layout", expected, [](ModelBuilder& m) { m.tensors[1].layout = 5; });
  CheckModel("s8_block of s32", expected, [](ModelBuilder& m) {
    m.tensors[1].layout = 4;
    m.tensors[1].dtype = EDGEC_S32;
  });
  CheckModel("packed in the arena", expected, [](ModelBuilder& m) { m.tensors[0].layout = 1; });
  CheckModel("f32_16 of s8", expected, [](ModelBuilder& m) { m.tensors[1].layout = 2; });
}

EDGEC_TEST(TensorShapesAreChecked) {
  const edgec_status expected = EDGEC_E_TENSOR_SHAPE;
  CheckModel("rank", expected, [](ModelBuilder& m) { m.tensors[0].rank = 7; });
  CheckModel("dim 0", expected, [](ModelBuilder& m) { m.tensors[0].dims[1] = 0; });
  CheckModel("dim 2^31", expected, [](ModelBuilder& m) { m.tensors[0].dims[1] = 1u << 31; });
  CheckModel("2^34 bytes", expected, [](ModelBuilder& m) {
    m.tensors[0].dims = {1 << 17, 1 << 17};
  });
  CheckModel("2^180 bytes", expected, [](ModelBuilder& m) {
    m.tensors[0].dims = {1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30};
  });
  CheckModel("bytes", expected, [](ModelBuilder& m) { m.tensors[0].bytes = 7; });
  CheckModel("packed rank", expected, [](ModelBuilder& m) { m.tensors[1].layout = 1; });
}

EDGEC_TEST(TensorNamesAreChecked) {
  CheckModel("empty", EDGEC_E_TENSOR_NAME, [](ModelBuilder& m) { m.tensors[2].name = ""; });
  CheckModel("twice", EDGEC_E_TENSOR_NAME, [](ModelBuilder& m) { m.tensors[2].name = "x"; });
}

EDGEC_TEST(TensorOffsetsAreChecked) {
  const edgec_status expected = EDGEC_E_TENSOR_OFFSET;
  CheckModel("not aligned", expected, [](ModelBuilder& m) { m.tensors[0].offset = 4; });
  CheckModel("past the arena", expected, [](ModelBuilder& m) { m.tensors[0].offset = 192; });
  CheckModel("wraps around", expected,
             [](ModelBuilder& m) { m.tensors[0].offset = ~uint64_t{63}; });
  CheckModel("past the file", expected, [](ModelBuilder& m) { m.tensors[1].offset = 1 << 20; });
}

EDGEC_TEST(ConstantsLieWithoutHoles) {
  CheckModel("in the header", EDGEC_E_CONSTANTS, [](ModelBuilder& m) { m.tensors[1].offset = 0; });
  CheckModel("one over the other", EDGEC_E_CONSTANTS, [](ModelBuilder& m) {
    m.AddConstant<int8_t>("second", 1, {4}, {1, 2, 3, 4});
    const std::vector<uint8_t> bytes = m.Build();
    m.tensors.back().offset = edgec::AlignUp(bytes.size() - 4 - 256) - 64;
  });
  std::vector<uint8_t> longer = SmallModel().Build();
  longer.push_back(0);
  Seal(&longer);
  CheckRefused("a byte at the end", longer, EDGEC_E_CONSTANTS);
  std::vector<uint8_t> dirty = SmallModel().Build();
  dirty[dirty.size() - 257] = 1;
  Seal(&dirty);
  CheckRefused("padding", dirty, EDGEC_E_CONSTANTS);
}

EDGEC_TEST(NodesAreChecked) {
  const edgec_status expected = EDGEC_E_NODE;
  CheckModel("no outputs", expected, [](ModelBuilder& m) { m.nodes[1].outputs = {}; });
  CheckModel("input -2", expected, [](ModelBuilder& m) { m.nodes[0].inputs[0] = -2; });
  CheckModel("input 4", expected, [](ModelBuilder& m) { m.nodes[0].inputs[0] = 4; });
  CheckModel("output -1", expected, [](ModelBuilder& m) { m.nodes[0].outputs[0] = -1; });
  CheckModel("output 4", expected, [](ModelBuilder& m) { m.nodes[0].outputs[0] = 4; });
  CheckModel("constant", expected, [](ModelBuilder& m) { m.nodes[0].outputs[0] = 1; });
}

EDGEC_TEST(TheOrderOfNodesIsChecked) {
  const edgec_status expected = EDGEC_E_ORDER;
  CheckModel("swapped", expected, [](ModelBuilder& m) { std::swap(m.nodes[0], m.nodes[1]); });
  CheckModel("reads itself", expected, [](ModelBuilder& m) { m.nodes[0].inputs[0] = 2; });
  CheckModel("writes an input", expected, [](ModelBuilder& m) { m.nodes[1].outputs[0] = 0; });
  CheckModel("writes twice", expected, [](ModelBuilder& m) { m.nodes.push_back(m.nodes[0]); });
  CheckModel("never written", expected, [](ModelBuilder& m) { m.Add("lost", 1, {4}); });
}

EDGEC_TEST(OverlapWithinANodeIsRefused) {
  CheckModel("lut, another size", EDGEC_E_OVERLAP, [](ModelBuilder& m) {
    m.tensors[2].offset = 0;
    m.tensors[2].dims = {5};
  });
  CheckModel("an op that is not in place", EDGEC_E_OVERLAP, [](ModelBuilder& m) {
    m.tensors[2].offset = 0;
    m.nodes[0].op = "pad";
  });
  CheckModel("an input that is not in place", EDGEC_E_OVERLAP, [](ModelBuilder& m) {
    m.tensors[2].offset = 0;
    m.nodes[0].inputs[1] = 0;
  });
  CheckModel("reshape, partly", EDGEC_E_OVERLAP, [](ModelBuilder& m) {
    m.tensors[2].dims = m.tensors[0].dims = {100};
    m.tensors[3].dims = {36};
    m.arena_bytes = 512;
    m.tensors[2].offset = 256;
    m.tensors[3].offset = 320;
  });
  ModelBuilder in_place = SmallModel();
  in_place.tensors[3].offset = in_place.tensors[2].offset;
  EDGEC_CHECK_EQ(Read(in_place.Build()), EDGEC_OK);
  in_place.tensors[2].offset = in_place.tensors[3].offset = in_place.tensors[0].offset;
  EDGEC_CHECK_EQ(Read(in_place.Build()), EDGEC_OK);
}

// x[2][64] sliced into y, with y at `offset` of x.
edgec_status ReadSlice(std::vector<uint32_t> x, std::vector<uint32_t> y, uint64_t offset,
                       std::vector<int32_t> params) {
  ModelBuilder model;
  const int32_t from = model.Add("x", 1, std::move(x)), to = model.Add("y", 1, std::move(y));
  model.tensors[1].offset = offset;
  model.nodes.push_back({"slice", "cut", {from}, {to}, std::move(params)});
  model.inputs = {0};
  model.outputs = {1};
  return Read(model.Build());
}

EDGEC_TEST(ASliceInOnePieceMayLieInItsInput) {
  EDGEC_CHECK_EQ(ReadSlice({4, 64}, {2, 64}, 64, {1, 0, 1, 1}), EDGEC_OK);
  EDGEC_CHECK_EQ(ReadSlice({4, 64}, {1, 64}, 192, {3, 0, 5, 1}), EDGEC_OK);
  EDGEC_CHECK_EQ(ReadSlice({1, 128}, {1, 30}, 64, {0, 64, 1, 1}), EDGEC_OK);
  EDGEC_CHECK_EQ(ReadSlice({3, 128}, {1, 30}, 64 + 128, {1, 64, 1, 1}), EDGEC_OK);
  const edgec_status refused = EDGEC_E_OVERLAP;
  edgec_test::Describe("elsewhere");
  EDGEC_CHECK_EQ(ReadSlice({4, 64}, {2, 64}, 0, {1, 0, 1, 1}), refused);
  edgec_test::Describe("not in one piece");
  EDGEC_CHECK_EQ(ReadSlice({2, 128}, {2, 64}, 0, {0, 0, 1, 1}), refused);
  edgec_test::Describe("with steps");
  EDGEC_CHECK_EQ(ReadSlice({4, 64}, {2, 64}, 0, {0, 0, 2, 1}), refused);
  edgec_test::Describe("beyond the end, before the start, and without params");
  EDGEC_CHECK_EQ(ReadSlice({4, 64}, {2, 64}, 192, {3, 0, 1, 1}), refused);
  EDGEC_CHECK_EQ(ReadSlice({4, 64}, {2, 64}, 0, {1, -64, 1, 1}), refused);
  EDGEC_CHECK_EQ(ReadSlice({4, 64}, {2, 64}, 64, {1, 0, 1}), refused);
}

// y[1][n] = a[1][64], b[1][30], a and b at these offsets; y at 64.
edgec_status ReadConcat(uint64_t a, uint64_t b, std::vector<int32_t> params, uint32_t outer = 1) {
  ModelBuilder model;
  model.Add("a", 1, {outer, 64});
  model.Add("b", 1, {outer, 30});
  model.Add("y", 1, {outer, 94});
  model.tensors[0].offset = a;
  model.tensors[1].offset = b;
  model.tensors[2].offset = 64;
  model.arena_bytes = 1024;
  model.nodes.push_back({"concat", "join", {0, 1}, {2}, std::move(params)});
  model.inputs = {0, 1};
  model.outputs = {2};
  return Read(model.Build());
}

EDGEC_TEST(PartsOfAConcatMayLieInItsOutput) {
  EDGEC_CHECK_EQ(ReadConcat(64, 128, {1}), EDGEC_OK);
  EDGEC_CHECK_EQ(ReadConcat(512, 128, {1}), EDGEC_OK);
  EDGEC_CHECK_EQ(ReadConcat(64, 512, {1}), EDGEC_OK);
  EDGEC_CHECK_EQ(ReadConcat(64, 64, {1}), EDGEC_E_OVERLAP);
  EDGEC_CHECK_EQ(ReadConcat(128, 512, {1}), EDGEC_E_OVERLAP);
  EDGEC_CHECK_EQ(ReadConcat(512, 64 + 64, {1}, 2), EDGEC_E_OVERLAP);
  EDGEC_CHECK_EQ(ReadConcat(64, 512, {2}), EDGEC_E_OVERLAP);
  EDGEC_CHECK_EQ(ReadConcat(64, 512, {-1}), EDGEC_E_OVERLAP);
  EDGEC_CHECK_EQ(ReadConcat(64, 512, {}), EDGEC_E_OVERLAP);
}

EDGEC_TEST(ModelInputsAndOutputsAreChecked) {
  const edgec_status expected = EDGEC_E_IO;
  CheckModel("input 4", expected, [](ModelBuilder& m) { m.inputs = {4}; });
  CheckModel("output 2^32-1", expected, [](ModelBuilder& m) { m.outputs = {~0u}; });
  CheckModel("constant", expected, [](ModelBuilder& m) { m.inputs = {1}; });
  CheckModel("twice", expected, [](ModelBuilder& m) { m.inputs = {0, 0}; });
}

EDGEC_TEST(AMessageCannotCarryEscapeSequences) {
  ModelBuilder model = SmallModel();
  model.tensors[0].name = model.tensors[2].name = "\x1B[31m";
  EDGEC_CHECK_EQ(Read(model.Build()), EDGEC_E_TENSOR_NAME);
  EDGEC_CHECK(std::strchr(edgec::LastError(), 0x1B) == nullptr);
}

}  // namespace
