/* SPDX-License-Identifier: Apache-2.0 */
/* In which virtual machines programs may attach. */
#include "barriers.h"
#include "checks.h"

int main(void) {
  expect(!vt_keeps_barriers("TCGTCGTCGTCG", "0\n"), "emulated, one processor");
  expect(vt_keeps_barriers("TCGTCGTCGTCG", "0-1\n"), "emulated, a second one could come");
  expect(vt_keeps_barriers("TCGTCGTCGTCG", "0-15\n"), "emulated, more processors");
  expect(vt_keeps_barriers("TCGTCGTCGTCG", ""), "nothing is known of the processors");
  expect(vt_keeps_barriers("KVMKVMKVM", "0\n"), "a true processor");
  expect(vt_keeps_barriers("", "0\n"), "no hypervisor says its name");
  printf("barriers: %d checks passed\n", checks);
  return 0;
}
