/* What the cases of interfaces share. */
#ifndef CONFORMANCE_INTERFACES_H
#define CONFORMANCE_INTERFACES_H

#include "conformance.h"

#include <net/if.h>

#define NOBODY "nobody0" /* no interface has this name */
#define NOBODYS_INDEX 0x3abcdef0

/* With the name of the one that has the own address. */
struct ifreq conf_own_interface(void);

#endif
