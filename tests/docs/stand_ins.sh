# The files that the documents speak of, small: source it in an empty folder, with `program` and `repository` set. Photographs are synthetic and of 96 x 112 pixels.
photographs=("$program" synthesise --identities 24 --images 6 --seed 3)
"${photographs[@]}" --out lfw/images >/dev/null 2>&1
ls lfw/images | head -16 >lfw/identities_train.txt
ls lfw/images | tail -8 >lfw/identities_val.txt
{
  printf '2\t4\n'
  for half in 0 4; do
    for i in 0 1 2 3; do printf 'id_00%s\t1\t2\n' $((16 + half + i)); done
    for i in 0 1 2 3; do printf 'id_00%s\t3\tid_00%s\t4\n' $((16 + half + i)) $((16 + half + (i + 1) % 4)); done
  done
} >lfw/pairs_val.txt
cp -r lfw/images photographs
cp -r lfw/images people
for name in me who a b; do cp lfw/images/id_0000/id_0000_0001.jpg $name.jpg; done
# Landmarks beside the template, so that there is something to align.
for photograph in $(cd photographs && ls -d */*); do
  echo "$photograph,37.3,50.7,72.5,50.5,55.0,70.7,40.5,91.4,69.7,91.2"
done >landmarks.csv

# InsightFace's files. Python makes them, as it made the real ones; without, the commands about them are left out.
mkdir faces_webface_112x112
if command -v python3 >/dev/null; then
  "$program" synthesise --identities 6 --images 4 --seed 3 --out few >/dev/null 2>&1
  python3 "$repository/tests/apps/insightface_sets.py" few faces_webface_112x112
  for set in lfw cfp_fp; do cp faces_webface_112x112/lfw4.bin faces_webface_112x112/$set.bin; done
fi

# A Caffe model of SphereFace-4, one channel a stage.
{
  layer() { # layer NAME EXTENTS...
    local name=$1 count=1 extent
    shift
    printf 'layer { name: "%s" ' "$name"
    for blob in "$@"; do
      count=1
      printf 'blobs { shape { '
      for extent in ${blob//,/ }; do printf 'dim: %s ' "$extent"; count=$((count * extent)); done
      printf '} '
      printf 'data: 0.5 %.0s' $(seq "$count")
      printf '} '
    done
    printf '}\n'
  }
  for stage in 1 2 3 4; do
    layer conv${stage}_1 1,$((stage == 1 ? 3 : 1)),3,3 1
    layer relu${stage}_1 1
  done
  layer fc5 2,42 2
} | protoc --proto_path="$repository" --encode=hypersphere.caffe.Net apps/exchange/caffe.proto >sphereface_model.caffemodel
