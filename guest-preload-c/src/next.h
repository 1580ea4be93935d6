/* Functions of the C library's that are looked for when they are first called. */
#ifndef VIRTUOSO_NEXT_H
#define VIRTUOSO_NEXT_H

#include <dlfcn.h>
#include <stddef.h>

/* place: of a pointer to the function of this name behind this library. Any thread. */
static inline void vt_find_next(void* place, const char* name) {
  if (__atomic_load_n((void**)place, __ATOMIC_RELAXED) == NULL) {
    __atomic_store_n((void**)place, dlsym(RTLD_NEXT, name), __ATOMIC_RELAXED);
  }
}

#endif
