// Whether AddressSanitizer watches this build, which GCC and Clang say in different ways.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define HYPERSPHERE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HYPERSPHERE_ASAN 1
#endif
#endif
#ifndef HYPERSPHERE_ASAN
#define HYPERSPHERE_ASAN 0
#endif
