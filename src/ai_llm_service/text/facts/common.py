"""Words that say little by themselves, and words that begin a sentence without being a name."""

from ai_llm_service.text.facts.word_sets import word_set

# Function words of several languages; what is a stop word in one and a name in none.
FUNCTION_WORDS = word_set(
    "a about above after again all almost along already also although always am among an",
    "and any are around as at away be became become been before being below between both",
    "but by came can could did do does doing done down during each either else even ever",
    "every few for from further get gets goes got had has have having he her here hers him",
    "his how however i if in into is it its itself just least less like made make makes",
    "many may me might mine more most much must my need needs near nearly new nor of off",
    "often on once one only onto or other others our out over own per quite rather s said",
    "same says several shall she should since so some still such take takes than that the",
    "their them then there therefore these they this those though through thus to together",
    "too toward towards under until up upon us used using very via was we well went were",
    "what when where whether which while who whole whom whose why will with within would",
    "yes yet you your according t won isn aren don doesn der die das den dem des ein eine",
    "einen einem einer eines und oder aber ist sind war waren wird werden wurde wurden hat",
    "haben hatte im am zum zur von vom mit für auf an aus bei nach seit über unter vor zu",
    "als auch nur noch sehr es er sie wir ihr ihre ihren ihrem sein seine sich so wie wenn",
    "dass darf dürfen kann können muss müssen jedoch dort hier diese dieser le la les un",
    "une des du de et ou est sont était a ont au aux en dans par pour sur avec que qui ce",
    "cette ces son sa ses il elle on se y dont d l n c s été leur chaque année an y el los",
    "las una unos del al y o es son fue en con por para que su sus se lo como más no hay o",
    "os as um uma do da dos das no na nos nas e é foi em com por para que seu sua il lo",
    "gli i uno di del della dei delle e è sono nel nella al alla si che per con het een",
    "van op te er zijn is wordt werd dit dat ya na wa la za kwa ni katika cha ini itu yang",
    "dan di ke dari pada adalah bir ve bu da de ile için olan в на и с по к о у за из от",
    "до для что это как его её их был была было были में का की के को से ने पर है हैं था थी",
    "थे हो और या एक यह वह इस उस ये वे भी ही तो कि जो तक कर करना करने किया की गई गए गया हुआ",
    "हुई हुए होता होती होते रहा रही रहे लिए लिये द्वारा साथ पास चाहिए रूप वाले वाली वाला",
    "इसके उनके इसकी अपने कुल कुछ सब बाद तहत यहाँ वहाँ रखना लें जाता जाती आहे आहेत आणि",
    "मध्ये এই ও এবং একটি হয় হয়েছে আছে আছেন ছিল করা করে করেন জন ஆம் ஒரு இந்த அந்த மற்றும்",
    "ఈ ఆ మరియు ఒక في من إلى على عن أن هذا هذه ذلك التي الذي كان كانت هو هي و عام قد",
)
# They open a sentence with a capital letter.
OPENERS = FUNCTION_WORDS | word_set(
    "according additionally anyone anything because besides children contractors damage",
    "employees everyone everything finally first fourth half hence last members money",
    "moreover nobody nothing now older overall patients people previously prior recently",
    "second sometimes someone soon staff students teachers third thus today total tomorrow",
    "two unlike unless usually water women men workers yesterday young",
)
# Two characters of Chinese that are no news.
COMMON_PAIRS = word_set(
    "得到 已经 进行 表示 可以 这个 那个 他们 我们 一个 没有 以及 因为 所以 如果 其中 之后",
    "以后 之前 目前 位于 成为 作为 通过 由于 共有 总共 大约 方面 关于 根据 需要 获得",
)
# Who or what was named before.
PRONOUNS = word_set(
    "he she it they this these that those his her its their him them er sie es dieser",
    "diese il elle ils elles él ella ello ellos ele ela eles egli lui lei essi hij zij ze",
    "वह वे यह ये उसने उन्होंने इसने उनका उनकी उसका उसकी इसका इसकी তিনি সে এটি তার அவர் அது",
    "ఆయన ఆమె అది هو هي он она оно они это dia ia mereka bu o",
)
