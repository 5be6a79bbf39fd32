"""SphereFace-20 and the A-Softmax in PyTorch: the same network, loss and solver as `hypersphere bench` runs, to compare with."""

import torch
from torch import nn
from torch.nn import functional as F

MOMENTUM, WEIGHT_DECAY = 0.9, 5e-4
HEIGHT, WIDTH, EMBEDDING = 112, 96, 512


class Unit(nn.Module):
    """x + PReLU(conv(PReLU(conv(x)))), without biases as in the authors' network."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.prelu1, self.prelu2 = nn.PReLU(channels), nn.PReLU(channels)

    def forward(self, x):
        return x + self.prelu2(self.conv2(self.prelu1(self.conv1(x))))


class SphereFace20(nn.Module):
    """Images [N, 3, 112, 96] to embeddings [N, 512]."""

    def __init__(self):
        super().__init__()
        layers, before = [], 3
        for width, units in ((64, 1), (128, 2), (256, 4), (512, 1)):
            layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.PReLU(width)]
            layers += [Unit(width) for _ in range(units)]
            before = width
        self.features = nn.Sequential(*layers)
        self.fc5 = nn.Linear(512 * 7 * 6, EMBEDDING)

    def forward(self, images):
        return self.fc5(self.features(images).flatten(1))


class ASoftmax(nn.Module):
    """With m = 4, blended with the plain cosine by lambda (Liu et al., arXiv 1704.08063)."""

    def __init__(self, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, EMBEDDING))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, embeddings, labels, blend):
        length = embeddings.norm(dim=1, keepdim=True)
        cosine = F.linear(F.normalize(embeddings), F.normalize(self.weight)).float().clamp(-1, 1)
        target = cosine.gather(1, labels[:, None])
        k = (4 * target.detach().acos() / torch.pi).floor().clamp(0, 3)
        multiple = 8 * target**4 - 8 * target**2 + 1  # cos 4a in terms of cos a
        psi = (1 - 2 * (k % 2)) * multiple - 2 * k
        blended = (blend * target + psi) / (1 + blend)
        logits = cosine.scatter(1, labels[:, None], blended) * length
        return F.cross_entropy(logits, labels)


def random_photographs(batch):
    """Noise, uint8 [batch, 112, 96, 3], as decoded photographs lie in memory."""
    return torch.randint(0, 256, (batch, HEIGHT, WIDTH, 3), dtype=torch.uint8)


def normalised(photographs):
    """What the network sees of them: [batch, 3, 112, 96], channels last in memory without a copy for it."""
    return photographs.permute(0, 3, 1, 2).float().sub_(127.5).div_(128)


def solver_of(network, head, **options):
    return torch.optim.SGD([*network.parameters(), *head.parameters()], lr=0.001, momentum=MOMENTUM,
                           weight_decay=WEIGHT_DECAY, **options)
