// A pool that splits index ranges over a fixed number of threads. No allocation after construction.
#ifndef EDGEC_BASE_THREAD_POOL_H_
#define EDGEC_BASE_THREAD_POOL_H_

#include <cstddef>
#include <cstdint>
#include <memory>

namespace edgec {

class ThreadPool {
 public:
  // Called with disjoint [begin, end) ranges covering [0, count), several times in a thread;
  // `thread` < threads().
  using Body = void (*)(void* context, size_t begin, size_t end, uint32_t thread);

  explicit ThreadPool(uint32_t threads);  // 1: everything runs on the caller
  ~ThreadPool();
  uint32_t threads() const;

  // Blocks until done. `grain`: the least indices worth a thread of their own.
  void ParallelFor(size_t count, size_t grain, Body body, void* context);

  // The same for a callable `f(begin, end, thread)`; nothing is allocated.
  template <class F>
  void For(size_t count, size_t grain, F& f) {
    ParallelFor(
        count, grain,
        [](void* c, size_t b, size_t e, uint32_t t) { (*static_cast<F*>(c))(b, e, t); }, &f);
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace edgec
#endif  // EDGEC_BASE_THREAD_POOL_H_
