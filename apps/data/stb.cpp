// The one place where stb's bodies are compiled; every other file includes the declarations only.
#define STB_IMAGE_IMPLEMENTATION
#define STBI_FAILURE_USERMSG  // reasons that a user understands: "Not enough memory", "Corrupt JPEG"
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION

#include <stb_image.h>
#include <stb_image_resize.h>
#include <stb_image_write.h>
