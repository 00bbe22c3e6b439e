#include "base/thread_pool.h"

#include <atomic>
#include <vector>

#include "check.h"

namespace {

using edgec::ThreadPool;

// Every index exactly once, thread numbers in range, for all small counts and grains.
void CoverEachIndexOnce(uint32_t threads) {
  ThreadPool pool(threads);
  EDGEC_CHECK_EQ(pool.threads(), threads);
  for (size_t count = 0; count < 40; ++count) {
    for (size_t grain = 0; grain < 10; ++grain) {
      edgec_test::Describe("threads %u count %zu grain %zu", threads, count, grain);
      std::vector<int> seen(count, 0);
      std::atomic<uint32_t> calls{0}, bad{0};
      auto body = [&](size_t begin, size_t end, uint32_t thread) {
        ++calls;
        if (thread >= threads || begin >= end || end > count) ++bad;
        for (size_t i = begin; i < end; ++i) ++seen[i];
      };
      pool.For(count, grain, body);
      EDGEC_CHECK_EQ(bad.load(), 0u);
      for (size_t i = 0; i < count; ++i) EDGEC_CHECK_EQ(seen[i], 1);
      const size_t most = grain > 1 ? count / grain : count;
      EDGEC_CHECK(calls.load() <= (most > 1 ? most : 1));
    }
  }
}

EDGEC_TEST(OneThreadCoversEachIndexOnce) { CoverEachIndexOnce(1); }
EDGEC_TEST(TwoThreadsCoverEachIndexOnce) { CoverEachIndexOnce(2); }
EDGEC_TEST(FiveThreadsCoverEachIndexOnce) { CoverEachIndexOnce(5); }

EDGEC_TEST(ThreadsRunAtTheSameTime) {
  ThreadPool pool(3);
  std::atomic<uint32_t> arrived{0};
  auto body = [&](size_t, size_t, uint32_t) {
    ++arrived;
    while (arrived.load() < 3) {
    }  // would never end on one thread
  };
  pool.For(3, 1, body);
  EDGEC_CHECK_EQ(arrived.load(), 3u);
}

EDGEC_TEST(ManyRoundsLeaveTheRightSum) {
  ThreadPool pool(4);
  std::vector<uint64_t> values(64, 0);
  for (int round = 0; round < 5000; ++round) {
    auto body = [&](size_t begin, size_t end, uint32_t) {
      for (size_t i = begin; i < end; ++i) values[i] += i;
    };
    // Few and many parts in turn, so that some workers sleep while others work.
    pool.For(round % 3 == 0 ? 2 : values.size(), 1, body);
  }
  EDGEC_CHECK_EQ(values[1], 5000u);
  EDGEC_CHECK_EQ(values[63], 63u * 3333u);
}

EDGEC_TEST(APoolThatNeverRanEnds) {
  for (uint32_t threads = 1; threads <= 4; ++threads) ThreadPool pool(threads);
  EDGEC_CHECK(true);
}

}  // namespace
