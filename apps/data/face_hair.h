// Hair and beards of the synthetic faces.
#pragma once

#include "apps/data/face_canvas.h"

namespace hypersphere {

/// Long hair that falls behind the head and the neck; drawn before them.
void paint_hair_behind(FaceCanvas& canvas, const Person& person, const Shot& shot);
/// Hair over the skull, down to the hairline; drawn after the face.
void paint_hair_in_front(FaceCanvas& canvas, const Person& person, const Shot& shot);
/// Stubble, moustache, goatee or full beard; drawn between the skin and the mouth.
void paint_beard(FaceCanvas& canvas, const Person& person, const Shot& shot);

}  // namespace hypersphere
