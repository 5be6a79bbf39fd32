// The one place where stb's bodies are compiled; every other file includes the declarations only.
#include "apps/data/decoder_memory.h"

#define STB_IMAGE_IMPLEMENTATION
#define STBI_FAILURE_USERMSG  // reasons that a user understands: "Not enough memory", "Corrupt JPEG"
#define STBI_NO_HDR  // no photographs of faces come in these two, and a decoder less is a decoder less to attack
#define STBI_NO_PIC
#define STBI_MALLOC(bytes) hypersphere::decoder_allocate(bytes)
#define STBI_REALLOC(block, bytes) hypersphere::decoder_reallocate(block, bytes)
#define STBI_FREE(block) hypersphere::decoder_free(block)
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION

#include <stb_image.h>
#include <stb_image_resize.h>
#include <stb_image_write.h>
