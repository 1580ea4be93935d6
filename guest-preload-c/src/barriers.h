/* Whether a virtual machine keeps memory barriers. */
#ifndef VIRTUOSO_BARRIERS_H
#define VIRTUOSO_BARRIERS_H

#include <stdbool.h>

/* False: this machine's emulator leaves them out; attaching would lose wake-ups. */
bool vt_has_barriers(void);

/* The same of the hypervisor's name, as CPUID has it, and of the processors that are possible. */
bool vt_keeps_barriers(const char* hypervisor, const char* possible);

#endif
