// Stands for a library of TVM's while libedgec_tvm.so is linked.
