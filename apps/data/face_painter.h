// Draws one photograph of a synthetic identity.
#pragma once

#include "apps/data/face_model.h"
#include "apps/data/image_io.h"

namespace hypersphere {

/// The picture, 96 wide and 112 high: a pure function of both arguments.
Image paint_face(const Person& person, const Shot& shot);

}  // namespace hypersphere
