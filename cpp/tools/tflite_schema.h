// The tables of TensorFlow Lite's schema (schema.fbs, version 3) as far as they hold offsets: what
// a reader follows from the root on. Fields that are plain numbers are not listed.
#ifndef EDGEC_TOOLS_TFLITE_SCHEMA_H_
#define EDGEC_TOOLS_TFLITE_SCHEMA_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

enum class TfliteKind : uint8_t {
  kNumbers,  // a vector of numbers
  kText,     // a string: its length, its bytes, a zero
  kTable,
  kTables,  // a vector of tables
  kUnion,   // a table whose type stands, as one byte, in the field before
  kRange,   // of the file: its start, and in the next field its bytes, both of 64 bits
};

struct TfliteField;

struct TfliteTable {
  const TfliteField* fields;
  size_t count;
  uint8_t type;  // of a union's member
};

struct TfliteField {
  uint16_t id;  // its place in the schema, from 0
  TfliteKind kind;
  size_t size;                // kNumbers: bytes of one; kUnion: members
  const TfliteTable* tables;  // kTable, kTables: of one; kUnion: the members
};

namespace tflite {

constexpr TfliteField Numbers(uint16_t id, size_t bytes) {
  return {id, TfliteKind::kNumbers, bytes, nullptr};
}
constexpr TfliteField Text(uint16_t id) { return {id, TfliteKind::kText, 1, nullptr}; }
constexpr TfliteField Table(uint16_t id, const TfliteTable* of) {
  return {id, TfliteKind::kTable, 1, of};
}
constexpr TfliteField Tables(uint16_t id, const TfliteTable* of) {
  return {id, TfliteKind::kTables, 1, of};
}
template <size_t count>
constexpr TfliteField Union(uint16_t id, const TfliteTable (&members)[count]) {
  return {id, TfliteKind::kUnion, count, members};
}
constexpr TfliteField Range(uint16_t id) { return {id, TfliteKind::kRange, 1, nullptr}; }
template <size_t count>
constexpr TfliteTable Of(const TfliteField (&fields)[count], uint8_t type = 0) {
  return {fields, count, type};
}

// What members of unions hold: a vector of numbers of so many bytes, a name.
inline constexpr TfliteField kBytes[] = {Numbers(0, 1)};
inline constexpr TfliteField kHalves[] = {Numbers(0, 2)};
inline constexpr TfliteField kWords[] = {Numbers(0, 4)};
inline constexpr TfliteField kFifth[] = {Numbers(5, 4)};
inline constexpr TfliteField kName[] = {Text(0)};
inline constexpr TfliteField kNameAndBytes[] = {Text(0), Numbers(2, 1)};

// Of the unions those members whose offsets LiteRT reads on a CPU. QuantizationDetails: custom;
// SparseIndexVector: of 32, 16, 8 bits; BuiltinOptions: FullyConnected, Reshape, Squeeze,
// VarHandle, Bucketize; BuiltinOptions2: StableHLOComposite.
inline constexpr TfliteTable kDetails[] = {Of(kBytes, 1)};
inline constexpr TfliteTable kIndices[] = {Of(kWords, 1), Of(kHalves, 2), Of(kBytes, 3)};
inline constexpr TfliteTable kOptions[] = {Of(kFifth, 8), Of(kWords, 17), Of(kWords, 30),
                                           Of(kName, 111), Of(kWords, 115)};
inline constexpr TfliteTable kOptions2[] = {Of(kNameAndBytes, 21)};

inline constexpr TfliteField kQuantizationFields[] = {Numbers(0, 4), Numbers(1, 4), Numbers(2, 4),
                                                      Numbers(3, 8), Union(5, kDetails)};
inline constexpr TfliteTable kQuantization = Of(kQuantizationFields);
inline constexpr TfliteField kDimensionFields[] = {Union(3, kIndices), Union(5, kIndices)};
inline constexpr TfliteTable kDimension = Of(kDimensionFields);
inline constexpr TfliteField kSparsityFields[] = {Numbers(0, 4), Numbers(1, 4),
                                                  Tables(2, &kDimension)};
inline constexpr TfliteTable kSparsity = Of(kSparsityFields);
inline constexpr TfliteTable kVariant = Of(kWords);
inline constexpr TfliteField kTensorFields[] = {
    Numbers(0, 4),        Text(3),       Table(4, &kQuantization),
    Table(6, &kSparsity), Numbers(7, 4), Tables(9, &kVariant)};
inline constexpr TfliteTable kTensor = Of(kTensorFields);

inline constexpr TfliteField kOperatorFields[] = {
    Numbers(1, 4), Numbers(2, 4), Union(4, kOptions), Numbers(5, 1),
    Numbers(7, 1), Numbers(8, 4), Range(9),           Union(12, kOptions2)};
inline constexpr TfliteTable kOperator = Of(kOperatorFields);
inline constexpr TfliteField kSubgraphFields[] = {Tables(0, &kTensor), Numbers(1, 4), Numbers(2, 4),
                                                  Tables(3, &kOperator), Text(4)};
inline constexpr TfliteTable kSubgraph = Of(kSubgraphFields);

inline constexpr TfliteField kOperatorCodeFields[] = {Text(1)};
inline constexpr TfliteTable kOperatorCode = Of(kOperatorCodeFields);
inline constexpr TfliteField kBufferFields[] = {Numbers(0, 1), Range(1)};
inline constexpr TfliteTable kBuffer = Of(kBufferFields);
inline constexpr TfliteTable kNamed = Of(kName);  // Metadata, TensorMap
inline constexpr TfliteField kSignatureFields[] = {Tables(0, &kNamed), Tables(1, &kNamed), Text(2)};
inline constexpr TfliteTable kSignature = Of(kSignatureFields);

inline constexpr TfliteField kModelFields[] = {
    Tables(1, &kOperatorCode), Tables(2, &kSubgraph), Text(3), Tables(4, &kBuffer), Numbers(5, 4),
    Tables(6, &kNamed),        Tables(7, &kSignature)};
inline constexpr TfliteTable kModel = Of(kModelFields);

}  // namespace tflite
}  // namespace edgec
#endif  // EDGEC_TOOLS_TFLITE_SCHEMA_H_
