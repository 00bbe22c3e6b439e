#include "tflite_check.h"

#include <cstring>

#include "base/status.h"
#include "tflite_schema.h"

namespace edgec {
namespace {

constexpr char kIdentifier[] = "TFL3";  // at byte 4
constexpr size_t kOffsetBytes = 4, kHeaderBytes = 8;
constexpr size_t kVtableHead = 4;  // its own bytes, the table's bytes: 16 bits each
// Tables that point to one another could be walked for ever; no model comes near.
constexpr size_t kMostTables = size_t{1} << 22;

// Walks from the root. A method returns false at the first thing that lies outside the file.
class Walk {
 public:
  Walk(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  bool Model() {
    size_t root;
    return Has(0, kHeaderBytes) && Follow(0, &root) && Table(root, tflite::kModel);
  }

 private:
  // A table that lies in the file, with its list of places.
  struct Opened {
    size_t at, bytes, vtable, vtable_bytes;
  };

  bool Has(uint64_t at, uint64_t bytes) const { return at <= size_ && bytes <= size_ - at; }

  template <class Number>
  Number At(size_t at) const {  // the caller has checked it
    Number number;
    std::memcpy(&number, data_ + at, sizeof(number));
    return number;
  }

  // From an offset's place to what it points to, which has at least four bytes.
  bool Follow(size_t at, size_t* to) const {
    if (!Has(at, kOffsetBytes)) return false;
    const uint64_t found = uint64_t{at} + At<uint32_t>(at);
    *to = static_cast<size_t>(found);
    return Has(found, kOffsetBytes);
  }

  bool Open(size_t at, Opened* table) const {
    const int64_t vtable = static_cast<int64_t>(at) - At<int32_t>(at);
    if (vtable < 0 || !Has(static_cast<uint64_t>(vtable), kVtableHead)) return false;
    const size_t start = static_cast<size_t>(vtable);
    *table = {at, At<uint16_t>(start + 2), start, At<uint16_t>(start)};
    if (table->vtable_bytes < kVtableHead || table->vtable_bytes % 2 != 0) return false;
    if (!Has(at, table->bytes) || !Has(start, table->vtable_bytes)) return false;
    for (size_t i = kVtableHead; i < table->vtable_bytes; i += 2) {
      if (At<uint16_t>(start + i) >= table->bytes && At<uint16_t>(start + i) != 0) return false;
    }
    return true;
  }

  // Where a field of so many bytes stands; 0: it is not there. False: it does not fit the table.
  static constexpr size_t kAbsent = 0;
  bool Place(const Opened& table, uint16_t id, size_t bytes, size_t* at) const {
    const size_t entry = kVtableHead + size_t{2} * id;
    const size_t offset = entry < table.vtable_bytes ? At<uint16_t>(table.vtable + entry) : kAbsent;
    *at = offset == kAbsent ? kAbsent : table.at + offset;
    return offset == kAbsent || offset + bytes <= table.bytes;
  }

  bool Table(size_t at, const TfliteTable& what) {
    Opened table;
    if (++tables_ > kMostTables || !Open(at, &table)) return false;
    for (size_t i = 0; i < what.count; ++i) {
      if (!Field(table, what.fields[i])) return false;
    }
    return true;
  }

  bool Field(const Opened& table, const TfliteField& field) {
    if (field.kind == TfliteKind::kRange) return Range(table, field.id);
    size_t place, to;
    if (!Place(table, field.id, kOffsetBytes, &place)) return false;
    if (place == kAbsent) return true;
    if (!Follow(place, &to)) return false;
    switch (field.kind) {
      case TfliteKind::kNumbers:
        return Vector(to, field.size);
      case TfliteKind::kText:
        return Vector(to, 1) && Has(to, uint64_t{At<uint32_t>(to)} + kOffsetBytes + 1) &&
               data_[to + kOffsetBytes + At<uint32_t>(to)] == 0;
      case TfliteKind::kTable:
        return Table(to, *field.tables);
      case TfliteKind::kTables:
        return Vector(to, kOffsetBytes) && Tables(to, *field.tables);
      default:
        return Union(table, field, to);
    }
  }

  bool Vector(size_t at, size_t bytes) const {
    return Has(at, kOffsetBytes + uint64_t{At<uint32_t>(at)} * bytes);
  }

  bool Tables(size_t vector, const TfliteTable& what) {
    const size_t count = At<uint32_t>(vector);
    for (size_t i = 0; i < count; ++i) {
      size_t to;
      if (!Follow(vector + kOffsetBytes * (i + 1), &to) || !Table(to, what)) return false;
    }
    return true;
  }

  bool Union(const Opened& table, const TfliteField& field, size_t to) {
    size_t place;
    if (!Place(table, static_cast<uint16_t>(field.id - 1), 1, &place)) return false;
    const uint8_t type = place == kAbsent ? 0 : data_[place];
    TfliteTable member = {nullptr, 0, type};
    for (size_t i = 0; i < field.size; ++i) {
      if (field.tables[i].type == type) member = field.tables[i];
    }
    return Table(to, member);
  }

  // 0 and 1 stand for "not there": the data lie in the table's own vector.
  bool Range(const Opened& table, uint16_t id) const {
    size_t start, bytes;
    if (!Place(table, id, 8, &start)) return false;
    if (!Place(table, static_cast<uint16_t>(id + 1), 8, &bytes)) return false;
    if (start == kAbsent || At<uint64_t>(start) <= 1) return true;
    return Has(At<uint64_t>(start), bytes == kAbsent ? 0 : At<uint64_t>(bytes));
  }

  const uint8_t* data_;
  size_t size_;
  size_t tables_ = 0;
};

}  // namespace

edgec_status CheckTflite(const uint8_t* data, size_t bytes, const char* path) {
  if (bytes < kHeaderBytes || std::memcmp(data + 4, kIdentifier, 4) != 0) {
    return Fail(EDGEC_E_RUNTIME, "'%s' is not a .tflite file: it lacks the identifier %s at byte 4",
                path, kIdentifier);
  }
  if (Walk(data, bytes).Model()) return EDGEC_OK;
  return Fail(EDGEC_E_RUNTIME,
              "'%s' is damaged: something that it points to lies outside its %zu bytes; lower the "
              "model again",
              path, bytes);
}

}  // namespace edgec
